"""What a look at a page must find, computed in the browser itself: sizes, labels, focus."""

NARROWER_TARGETS = """least => [...document.querySelectorAll("a, button, input:not([type=hidden]), summary")]
  .filter(each => !each.classList.contains("skip"))
  .map(each => [each.textContent.trim() || each.id, each.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < least || box.height < least))
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""
"""What can be pressed and is smaller than so many pixels."""

UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden])")]
  .filter(each => !each.labels.length || !each.labels[0].textContent.trim()).map(each => each.name)"""

WIDER = """() => [document.documentElement.scrollWidth, window.innerWidth]"""

FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  return [it.tagName, (it.textContent || "").trim(), style.outlineStyle, parseFloat(style.outlineWidth)];
}"""
