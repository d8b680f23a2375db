"""Modes of volumes: writes that wait for review, are thrown away, or are not possible; and what is denied in volumes."""

from harness import case, check
from harness.trees import (CHANGE, SEARCH, apply_changed, apply_searched, change_for_nothing, change_one, discard_after,
                           listing, make_secrets, make_tree, secrets)


def at(folder, destination):
    """Options for a volume in which the command begins."""
    return ('--volume', f'{folder}:{destination}', '--workdir', destination)


@case(policy='volume-modes')
def writes_wait_for_review_and_are_applied(docker):
    """In the end all is as where they went through."""
    tree = make_tree(docker)
    before = listing(tree)
    seen = docker.run('sh', '-c', CHANGE, options=(*at(tree, '/review'), '--cidfile', docker.directory / 'id'))
    if docker.is_agentbox():
        check(listing(tree) == before, listing(tree))
        apply_changed(docker, (docker.directory / 'id').read_text())
    return seen, listing(tree)


@case(agentbox='host\n', policy='volume-modes', because='the policy has a rule by the source')
def writes_to_a_source_wait_and_are_discarded(docker):
    tree = make_tree(docker, 'reviewed')
    docker.run('sh', '-c', CHANGE, options=at(tree, '/anywhere'))
    if docker.is_agentbox():
        docker.agentbox('discard', docker.only_review())
        check(docker.reviews() == [], docker.reviews())
    return (tree / 'changed').read_text()


@case(policy='volume-modes')
def a_reviewed_volume_of_docker_s_own(docker):
    options = at(docker.name, '/review')
    docker.run('sh', '-c', 'echo first >file', options=options)
    if docker.is_agentbox():
        check(docker.run('ls', options=options).out == '', 'the write went through')
        docker.agentbox('apply', docker.only_review())
    return docker.run('cat', 'file', options=options)


@case(policy='volume-modes')
def a_container_without_changes_leaves_no_review(docker):
    tree = make_tree(docker)
    seen = docker.run('sh', '-c', 'cat kept; touch -r kept kept; echo x >new; rm new', options=at(tree, '/review'))
    return seen, docker.reviews() if docker.is_agentbox() else []


def ended(docker, *commands):
    """What its volume is once the container has been ended while it ran."""
    tree = make_tree(docker)

    def end():
        for words in commands:
            docker.command(*words, docker.container())
    discard_after(docker, at(tree, '/review'), end)
    return (tree / 'changed').read_text()


@case(agentbox='host\n', policy='volume-modes', because='the changes of what was killed waited, and were discarded')
def a_review_outlives_a_container_that_is_killed(docker):
    return ended(docker, ['kill'], ['wait'], ['rm'])


@case(agentbox='host\n', policy='volume-modes', because='the changes of what was removed waited, and were discarded')
def a_review_outlives_a_container_that_is_removed_by_force(docker):
    return ended(docker, ['rm', '--force'])


@case(agentbox=['1\n', '1\n'], policy='volume-modes', because='each start of a container has a review of its own')
def a_restarted_container_begins_with_the_host_s_files(docker):
    tree = make_tree(docker)
    docker.start('sh', '-c', 'echo start >>starts; grep -c start starts', options=at(tree, '/review'))
    docker.wait()
    docker.command('start', docker.container())
    docker.wait()
    if docker.is_agentbox():
        found = docker.reviews()
        check([it['container'] for it in found] == [docker.inspect('{{.Id}}')] * 2, found)
        check(not (tree / 'starts').exists(), 'a write went through')
        docker.agentbox('discard', *(it['name'] for it in found))
    return docker.logs().splitlines(keepends=True)


@case(agentbox=['in\n', 'host\n'], policy='volume-modes', because='the policy throws writes away')
def writes_are_thrown_away(docker):
    tree = make_tree(docker)
    return change_for_nothing(docker, tree, at(tree, '/throwaway'))


@case(policy='volume-modes')
def a_single_file_waits_for_review_and_is_applied(docker):
    return change_one(docker, make_tree(docker), '/review')


@case(agentbox=['host\nin\n', 'host\n'], policy='volume-modes', because='the policy throws writes away')
def what_is_written_to_a_single_file_is_thrown_away(docker):
    return change_one(docker, make_tree(docker), '/throwaway')


@case(agentbox=['Read-only file system', 'host\n'], policy='volume-modes', because='the policy has no writes there')
def nothing_is_written(docker):
    tree = make_tree(docker)
    result = docker.run('sh', '-c', 'echo in >changed', options=at(tree, '/readonly'), code=None)
    return result.err.strip().rpartition(': ')[2], (tree / 'changed').read_text()


@case(policy='volume-modes')
def a_read_only_volume_stays_so_in_review(docker):
    tree = make_tree(docker)
    result = docker.run('sh', '-c', 'echo in >/review/changed', options=('--volume', f'{tree}:/review:ro'), code=2)
    check(not docker.is_agentbox() or docker.reviews() == [], 'a review waits')
    return result


def denied(docker, destination):
    tree = make_secrets(docker)
    seen = docker.run('sh', '-c', SEARCH, options=at(tree, destination)).out
    return tree, seen


DENIED = 'the default rules deny keys and .env'


@case(agentbox=['public\npublic\npublic\n', ['secret\n'] * 3], because=DENIED)
def what_is_denied_is_not_in_a_volume(docker):
    tree, seen = denied(docker, '/direct')
    return seen, secrets(tree)


@case(agentbox=['public\npublic\npublic\nin\n', ['secret\n'] * 3], because=DENIED, policy='volume-modes')
def what_is_denied_is_not_in_a_reviewed_volume(docker):
    tree, seen = denied(docker, '/review')
    if docker.is_agentbox():
        apply_searched(docker, tree)
    return seen, secrets(tree)


@case(agentbox=['public\npublic\npublic\nin\n', ['secret\n'] * 3], because=DENIED, policy='volume-modes')
def what_is_denied_is_not_in_a_throwaway_volume(docker):
    tree, seen = denied(docker, '/throwaway')
    return seen, secrets(tree)


@case(agentbox=['in\n', ['secret\n'] * 3], because=DENIED, policy='volume-modes')
def what_takes_the_place_of_what_is_denied_is_not_applied(docker):
    tree = make_secrets(docker)
    seen = docker.run('sh', '-c', 'echo in >.env; cat .env', options=at(tree, '/review')).out
    if docker.is_agentbox():
        name = docker.only_review()
        applied = docker.agentbox('apply', '--force', name, code=1)
        check('0 applied, 1 left out' in applied.out, applied)
        docker.agentbox('discard', name)
    return seen, secrets(tree)
