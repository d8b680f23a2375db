"""Containers that start from a template of agentbox's, which lies above the image."""

from harness import TEMPLATE, case, check
from harness.templates import LOOK, SEEN, template


@case(agentbox=[SEEN, SEEN], policy='template', because='the policy names a template')
def containers_start_from_the_policy_s_template(docker):
    """Each from what was set up, whatever another writes."""
    with template(docker, TEMPLATE):
        docker.start()
        docker.exec('sh', '-c', 'mkdir -p /opt/tool; echo in >/opt/tool/file')
        if docker.is_agentbox():
            used = docker.agentbox('template', 'remove', TEMPLATE, code=1)
            check('use' in used.err, used)
        return docker.run('sh', '-c', LOOK, suffix='-2').out, docker.run('sh', '-c', LOOK, suffix='-3').out
