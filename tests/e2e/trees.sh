#!/usr/bin/env bash
# Real trees, worked on in sandboxes and applied: this repository, a source package of Debian's that is
# built, and a node_modules of Debian's packages. After each apply the real tree is what the sandbox saw.
# As root, with AGENTBOX; packages come from Debian, once, into the directory $1.
#
#   trees.sh CACHE SOURCES
set -euo pipefail

cache=$1
sources=$(realpath "$2")
work=$(mktemp -d /srv/agentbox-trees-XXXXXX)
name=trees-$$

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  "$AGENTBOX" discard "$name" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' TERM INT

# Every name, with type, mode, owner, links, target and checksum. Of a directory no links: it has as many as
# it has directories in it, or one in an overlay.
listing='find . -printf "%P %y %m %U %G %l\n" | sort; find . -type f ! -links 1 -printf "%P %n\n" | sort
  find . -type f -exec cksum {} + | sort'

# Runs the script $2 in a sandbox in the tree $1, applies what it did, and compares.
work_on() {
  local tree=$1 script=$2
  cd "$tree"
  "$AGENTBOX" 'do' -q --network none --name "$name" -- \
    sh -ec "( $script
    ) >/dev/null 2>&1; $listing" >"$work/seen"
  "$AGENTBOX" apply --allow-exec-config "$name" >"$work/applied"
  sh -ec "$listing" >"$work/found"
  if ! diff -u "$work/seen" "$work/found" >"$work/differs"; then
    head -30 "$work/differs" >&2
    echo "$tree is not what the sandbox saw" >&2
    exit 1
  fi
  echo "${tree##*/}: $(tail -1 "$work/applied"), $(wc -l <"$work/found") lines are the same"
}

# Downloads what apt-get(8) $@ names into the cache, with an index of source packages.
download() {
  local lists=$cache/lists option file
  mkdir -p "$lists/partial"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [[ ! -e $file ]] || sed 's/^Types: .*/Types: deb deb-src/; s/^deb \(.*\)$/deb \1\ndeb-src \1/' "$file"
  done >"$cache/sources.tmp"
  option=$(grep -q '^Types:' "$cache/sources.tmp" && echo sources || echo list)
  mv "$cache/sources.tmp" "$cache/apt.$option"
  local -a apt=(apt-get -q -o "Dir::Etc::SourceList=$cache/apt.$option" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$lists" -o APT::Sandbox::User=root)
  (cd "$cache" && "${apt[@]}" update && "${apt[@]}" "$@")
}

mkdir -p "$cache"
cache=$(realpath "$cache")
packages=(node-lodash node-core-js node-babel7)
if [[ ! -e $cache/done ]]; then
  download source --download-only dash >"$cache/log" 2>&1 || { cat "$cache/log" >&2; exit 1; }
  (cd "$cache" && apt-get download -q "${packages[@]}" >>log 2>&1) || { cat "$cache/log" >&2; exit 1; }
  touch "$cache/done"
fi

mkdir "$work/repository"
tar -C "$sources" --exclude=./build --exclude=./.git -c . | tar -C "$work/repository" -x
(cd "$work/repository" && git init -q . && git add -A &&
  git -c user.name=a -c user.email=a@localhost commit -qm begin)
# shellcheck disable=SC2016 # it is the sandbox that expands it
work_on "$work/repository" '
  git config user.name agent; git config user.email agent@localhost
  git checkout -q -b topic; git mv runtime/cli runtime/commands; git rm -rq tests/golden
  for file in $(git ls-files "*.cc" | sed -n "1~7p"); do echo "// more" >>"$file"; done
  git commit -qam work; git checkout -q -b other HEAD~1; echo x >new; git add new; git commit -qm new
  git gc -q; git worktree prune'
git -C "$work/repository" fsck --strict
[[ -z $(git -C "$work/repository" status --porcelain) ]]

mkdir "$work/dash"
tar -C "$work/dash" --strip-components=1 -xf "$cache"/dash_*.orig.tar.*
work_on "$work/dash" './configure; make -j2; src/dash -c "echo built"'
[[ $("$work/dash/src/dash" -c 'echo built') == built ]]
work_on "$work/dash" 'make distclean; mv src source; ln -s source src'

mkdir -p "$work/project/unpacked"
for package in "${packages[@]}"; do dpkg -x "$cache/$package"_*.deb "$work/project/unpacked"; done
mv "$work/project/unpacked/usr/share/nodejs" "$work/project/node_modules"
rm -r "$work/project/unpacked"
work_on "$work/project" '
  cd node_modules; rm -r lodash; cp -a core-js core-js-copy; mv @babel @moved; mkdir .bin
  ln -s ../core-js/index.js .bin/core; find @moved -name package.json -exec sed -i s/babel/moved/ {} +
  find core-js -name "*.js" | sed -n "1~3p" | xargs rm; find . -name "*.md" -exec chmod 600 {} +'
