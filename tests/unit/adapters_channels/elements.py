"""What a browser would find in markup."""

from html.parser import HTMLParser

_VOID = {"img", "br", "input", "meta", "link"}


class Elements(HTMLParser):
    """Collects every start tag; anything else between them, but for scripts, shows up as `text`."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.parents: dict[str, list[str]] = {}
        """The open elements around the last of each name."""
        self._open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for `<tag ...>`."""
        self.found.append((tag, dict(attrs)))
        self.parents[tag] = self._open.copy()
        if tag == "script":
            self.scripts.append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser for `</tag>`."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Called by the parser for anything between tags."""
        if self._open[-1:] == ["script"]:
            self.scripts[-1] += data
        else:
            self.text += data


def runnable(markup: str) -> list[str]:
    """Return everything that a browser would run or fetch to run: scripts, event handlers, `javascript:` addresses."""
    read = Elements(markup)
    attributes = [
        (tag, name, value or "") for tag, found in read.found for name, value in found.items()
    ]
    sources = [value for tag, name, value in attributes if tag == "script" and name == "src"]
    handlers = [value for _, name, value in attributes if name.startswith("on")]
    addresses = [
        v for _, _, v in attributes if "".join(v.split()).lower().startswith("javascript:")
    ]
    return [*filter(None, read.scripts), *sources, *handlers, *addresses]
