# shellcheck shell=bash
# tool: rustc, cargo
# does: a workspace with a build script: cargo build, test, run, release with LTO
# image: dev
# version: rustc --version
# seconds: 300
export CARGO_HOME=$PWD/home CARGO_NET_OFFLINE=true
cargo new --quiet --vcs none x
cd x
cat >build.rs <<'R'
fn main() { println!("cargo:rustc-env=MADE=by-the-script"); }
R
cat >src/main.rs <<'R'
use std::{io::{Read, Write}, net, process::Command, sync::mpsc, thread, time::Duration};
fn sum(n: u64) -> u64 {
    let (sender, receiver) = mpsc::channel();
    for i in 0..n { let s = sender.clone(); thread::spawn(move || s.send(i).unwrap()); }
    drop(sender);
    receiver.iter().sum()
}
fn main() {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || { listener.accept().unwrap().0.write_all(b"served").unwrap() });
    let mut text = String::new();
    net::TcpStream::connect(address).unwrap().read_to_string(&mut text).unwrap();
    served.join().unwrap();
    thread::sleep(Duration::from_millis(1));
    let child = Command::new("echo").arg("child").output().unwrap();
    println!("{} {} {} {}", sum(100), env!("MADE"), text, String::from_utf8(child.stdout).unwrap().trim());
}
#[test]
fn sums() { assert_eq!(sum(10), 45); }
#[test]
#[should_panic]
fn panics() { panic!("as it should") }
R
[[ $(cargo run --quiet) == '4950 by-the-script served child' ]]
cargo test --quiet
CARGO_PROFILE_RELEASE_LTO=fat cargo build --quiet --release
[[ $(target/release/x) == 4950* ]]
