# shellcheck shell=bash
# tool: git
# does: commit, clone, worktree, submodule, gc, rebase, bisect
# image: base
# version: git --version
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git config --global protocol.file.allow always
git init -q -b main origin
for ((i = 1; i <= 50; i++)); do
  echo "$i" >origin/file
  git -C origin add file
  git -C origin commit -qm "$i"
done
git clone -q origin clone
git -C clone worktree add -q ../tree -b side HEAD~10
[[ $(<tree/file) == 40 ]]
echo new >tree/other
git -C tree add other
git -C tree commit -qm other
git -C tree rebase -q main
[[ $(git -C tree rev-list --count HEAD) == 51 ]]
git init -q -b main outer
git -C outer submodule --quiet add "$PWD/origin" inner
git -C outer commit -qm inner
git clone -q --recurse-submodules outer again
[[ $(<again/inner/file) == 50 ]]
git -C clone gc -q --aggressive --prune=now
[[ $(git -C clone count-objects -v | sed -n 's/^packs: //p') == 1 ]]
git -C clone fsck --full
git -C clone bisect start main main~49
git -C clone bisect run sh -c 'test "$(cat file)" -lt 23' >bisected
grep -q 'is the first bad commit' bisected
[[ $(git -C clone show refs/bisect/bad:file) == 23 ]]
