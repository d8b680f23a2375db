#!/usr/bin/env python3
"""Prints what is how large in images: `images/sizes.py LAYER...`, directories as images/build --root prints them.

Of each layer its size and that of the ten largest of its packages (Debian's, by dpkg's own count, and npm's).
"""

import os
import pathlib
import sys

LARGEST = 10
MODULES = 'usr/local/lib/node_modules'


def size_of(directory: str) -> int:
    """Bytes of the files below, hard links once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for folder, _, files in os.walk(directory):
        for name in files:
            status = os.lstat(os.path.join(folder, name))
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_size
    return total


def debian_packages(layer: pathlib.Path) -> dict[str, int]:
    """Of the image whose top layer this is, by packages.tsv beside it."""
    rows = (line.split('\t') for line in (layer.parent / 'packages.tsv').read_text().splitlines())
    return {name: int(kib) * 1024 for kib, name, _ in rows if kib}


def npm_packages(layer: pathlib.Path) -> dict[str, int]:
    modules = layer / MODULES
    folders = [it for it in modules.glob('*') if not it.name.startswith('@')] + list(modules.glob('@*/*'))
    return {f'{it.relative_to(modules)} (npm)': size_of(str(it)) for it in folders}


def main() -> None:
    layers = [pathlib.Path(it) for it in sys.argv[1:]]
    print('| image | layer, MB | largest packages, MB |\n| --- | ---: | --- |')
    for layer, below in zip(layers, [*layers[1:], None]):
        packages = debian_packages(layer)
        if below:
            known = debian_packages(below)
            packages = {name: size for name, size in packages.items() if name not in known}
        packages.update(npm_packages(layer))
        largest = sorted(packages.items(), key=lambda it: -it[1])[:LARGEST]
        words = ', '.join(f'{name} {size / 1e6:.0f}' for name, size in largest)
        print(f'| {layer.parent.name.rsplit("-", 1)[0]} | {size_of(str(layer)) / 1e6:.0f} | {words} |')


main()
