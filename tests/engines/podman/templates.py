"""Containers that start from a template of agentbox's that an annotation names."""

from harness import case, check
from harness.templates import LOOK, SEEN, template


@case(agentbox=SEEN, policy='template-by-annotation', because='the policy lets annotations name a template')
def a_container_starts_from_an_annotation_s_template(podman):
    with template(podman, podman.name):
        return podman.run('sh', '-c', LOOK, options=['--annotation', f'dev.agentbox.template={podman.name}']).out


@case(agentbox='refused', runc=False, because='the policy lets no annotation name a template')
def an_annotation_s_template_needs_the_policy(podman):
    refused = podman.run('true', options=['--annotation', 'dev.agentbox.template=any'], code=126)
    check('annotations.allow does not list it' in refused.err, refused.err)
    return 'refused'
