"""Checks Kubernetes manifests against the schemas of one version, in their strict form: no field that it does not know.

    schemas.py VERSION <MANIFESTS

Standard input is one JSON array of manifests. Prints one line for each that is wrong or whose kind is not known:
KIND/NAME: PATH: what is wrong.
"""

import functools
import json
import sys

import kubernetes_validate
from kubernetes_validate import utils

# It would read the same megabyte of definitions anew for every manifest.
utils.schema_contents = functools.cache(utils.schema_contents)


def main():
    version = sys.argv[1]
    for manifest in json.load(sys.stdin):
        name = f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}"
        try:
            utils.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            print(f"{name}: {'.'.join(str(part) for part in error.path)}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            print(f"{name}: {error.message}")


main()
