"""What a browser shows of the drawing of a trace: whether it can be read."""

from playwright.sync_api import Page

SMALLEST_TEXT_PX = 11
SHOWN_CARDS = """() => {
  const graph = document.querySelector(".react-flow");
  const moved = getComputedStyle(graph.querySelector(".react-flow__viewport")).transform;
  const scale = new DOMMatrix(moved).a;
  const cards = [...graph.querySelectorAll(".react-flow__node-card")];
  const texts = cards.flatMap(card => [...card.querySelectorAll("button > span")]);
  const sizes = texts.map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
  const boxes = cards.map(card => card.getBoundingClientRect());
  const over = (one, other) =>
    one.left < other.right - 0.5 && other.left < one.right - 0.5 &&
    one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5;
  const window = graph.getBoundingClientRect();
  const apart = boxes.flatMap((one, at) => boxes.slice(at + 1).map(other => over(one, other)));
  const outside = boxes.filter(box =>
    box.left < window.left - 1 || box.right > window.right + 1 || box.bottom > window.bottom + 1);
  return {
    cards: cards.length,
    smallest: Math.min(...sizes),
    overlaps: apart.filter(Boolean).length,
    outside: outside.length,
    map: graph.querySelector(".react-flow__minimap") !== null,
  };
}"""


def assert_readable(page: Page) -> None:
    """See that no card of a trace covers another, that each can be read, and where it goes on."""
    shown = page.evaluate(SHOWN_CARDS)
    assert shown["cards"] > 10
    assert shown["overlaps"] == 0
    assert shown["smallest"] >= SMALLEST_TEXT_PX
    assert shown["outside"] == 0 or shown["map"]
