"""The cases that are the same for root."""

import podman.build  # noqa: registers its cases
import podman.modes  # noqa
import podman.pods  # noqa
import podman.shared  # noqa
