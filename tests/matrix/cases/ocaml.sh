# shellcheck shell=bash
# tool: ocaml
# does: native code and byte code with unix and threads
# image: dev
# version: ocamlopt -version
cat >x.ml <<'M'
let () =
  let threads = List.init 10 (fun i -> Thread.create (fun () -> ignore (i * i)) ()) in
  List.iter Thread.join threads;
  match Unix.fork () with
  | 0 -> exit 3
  | pid -> (match Unix.waitpid [] pid with _, Unix.WEXITED n -> Printf.printf "child gave %d\n" n | _ -> exit 1)
M
ocamlfind ocamlopt -version >/dev/null 2>&1 || true
ocamlopt -I +threads unix.cmxa threads.cmxa x.ml -o native
ocamlc -I +threads unix.cma threads.cma x.ml -o bytes
[[ $(./native) == 'child gave 3' && $(./bytes) == 'child gave 3' ]]
