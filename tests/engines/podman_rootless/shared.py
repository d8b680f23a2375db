"""The cases that are the same for root."""

import podman.build  # noqa: registers its cases
import podman.pods  # noqa
import podman.shared  # noqa
