"""YAML as plain values, unchecked: what DVC itself reads of dvc.yaml and params.yaml."""

from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is 20 times as fast


def plain_values(text: bytes) -> Any:
    """The values of a YAML document.

    Raises ValueError for text that is none.
    """
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"not valid YAML: {error}") from error
