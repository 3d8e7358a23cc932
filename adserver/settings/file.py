"""The settings file as text becomes plain values: YAML without its traps."""

from pathlib import Path
from typing import Any

import yaml

from adserver.errors import Fault, InvalidConfig

_UNSAID = (ValueError, LookupError, AttributeError, ArithmeticError)
"""What PyYAML lets through: no UTF-8, a 13th month, `0x_`, `!!bool maybe`, `!!int` of nothing, `!!timestamp x`, 1:0:0 ... .0."""


class _NoDuplicates(yaml.SafeLoader):
    """YAML lets a key stand twice and takes the last; in settings that is a slip of the pen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Return the mapping. Raises `YAMLError` naming the second key's place."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # a list or a map: refused below
            if key.value in seen:
                problem = f"the key '{key.value}' stands here for the second time"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> Any:
    """Return what a file says, unchecked. Raises `InvalidConfig` if it cannot be read."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _NoDuplicates)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        advice = "does not exist; name another with --config, or begin with one of examples/"
        raise InvalidConfig([Fault(str(file), "$", advice)]) from None
    except (OSError, RecursionError, yaml.YAMLError, *_UNSAID) as error:
        raise InvalidConfig([Fault(str(file), "$", f"cannot be read: {error}")]) from error
