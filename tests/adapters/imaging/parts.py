"""How parts of pictures lie to one another."""

from adapters.imaging.pixels import Window


def overlap(one: Window, other: Window) -> float:
    """Return intersection over union, 0..1."""
    both = one.within(other)
    shared = 0 if both is None else both.area
    return shared / (one.area + other.area - shared)


def inside(part: Window, whole: Window) -> float:
    """Return which share of a part lies in another window."""
    both = part.within(whole)
    return 0.0 if both is None else both.area / part.area


def fraction(window: Window, *, left: float, top: float, right: float, bottom: float) -> Window:
    """Return a part of a window, by shares of its width and height."""
    first, last = round(left * window.width), round(right * window.width)
    upper, lower = round(top * window.height), round(bottom * window.height)
    return Window(
        left=window.left + first,
        top=window.top + upper,
        width=last - first,
        height=lower - upper,
    )
