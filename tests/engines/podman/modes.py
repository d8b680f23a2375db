"""Modes of volumes by annotation: writes that wait for review, are thrown away, or are not possible; what is denied."""

from harness import case, check
from harness.trees import (CHANGE, SEARCH, apply_changed, apply_searched, change_for_nothing, change_one, discard_after,
                           listing, make_secrets, make_tree, secrets)


def at(folder, mode, destination='/src'):
    """Options for a volume in which the command begins."""
    return ['--volume', f'{folder}:{destination}', '--workdir', destination,
            '--annotation', f'dev.agentbox.mount.{destination}={mode}']


@case
def writes_wait_for_review_and_are_applied(podman):
    """In the end all is as where they went through."""
    tree = make_tree(podman)
    before = listing(tree)
    seen = podman.run('sh', '-c', CHANGE, options=[*at(tree, 'review'), '--cidfile', podman.directory / 'id'])
    if podman.is_agentbox():
        check(listing(tree) == before, listing(tree))
        apply_changed(podman, (podman.directory / 'id').read_text().strip())
    return [seen, listing(tree)]


@case(agentbox='host\n', because='the changes of what was removed waited, and were discarded')
def a_review_outlives_a_container_that_is_removed_by_force(podman):
    tree = make_tree(podman)
    discard_after(podman, at(tree, 'review'), podman.remove)
    return (tree / 'changed').read_text()


@case(agentbox=['in\n', 'host\n'], because='the annotation throws writes away')
def writes_are_thrown_away(podman):
    tree = make_tree(podman)
    return change_for_nothing(podman, tree, at(tree, 'throwaway'))


@case
def a_single_file_waits_for_review_and_is_applied(podman):
    return change_one(podman, make_tree(podman), '/one', ['--annotation', 'dev.agentbox.mount./one=review'])


@case(agentbox=['host\nin\n', 'host\n'], because='the annotation throws writes away')
def what_is_written_to_a_single_file_is_thrown_away(podman):
    return change_one(podman, make_tree(podman), '/one', ['--annotation', 'dev.agentbox.mount./one=throwaway'])


@case(agentbox=['Read-only file system', 'host\n'], because='the annotation has no writes there')
def nothing_is_written(podman):
    tree = make_tree(podman)
    result = podman.run('sh', '-c', 'echo in >changed', options=at(tree, 'readonly'), code=None)
    return [result.err.strip().rpartition(': ')[2], (tree / 'changed').read_text()]


@case(agentbox='refused', policy='volume-modes', runc=False, because='annotations may only be stricter than the policy')
def an_annotation_with_a_looser_mode_is_refused(podman):
    tree = make_tree(podman)
    for mode in ('direct', 'review'):
        refused = podman.run('true', options=at(tree, mode, '/throwaway'), code=126)
        check('would loosen throwaway by mounts[1]' in refused.err, refused)
    stricter = podman.run('sh', '-c', 'echo in >changed', options=at(tree, 'throwaway', '/review'))
    check(stricter.code == 0 and podman.reviews() == [] and (tree / 'changed').read_text() == 'host\n', podman.reviews())
    return 'refused'


@case(agentbox=['public\npublic\npublic\nin\n', ['secret\n'] * 3], because='the default rules deny keys and .env')
def what_is_denied_is_not_in_a_reviewed_volume(podman):
    tree = make_secrets(podman)
    seen = podman.run('sh', '-c', SEARCH, options=at(tree, 'review')).out
    if podman.is_agentbox():
        apply_searched(podman, tree)
    return [seen, secrets(tree)]
