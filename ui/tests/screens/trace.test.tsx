// @vitest-environment jsdom
import { fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import { digest, id } from "../../mock/identifiers";
import { TRACE } from "../../mock/trace";
import { start } from "../application";

const card = (name: RegExp) => screen.getByRole("button", { name });
const details = () => within(screen.getByRole("complementary", { name: "Details" }));

beforeEach(async () => {
  start(`/reports/${id(800)}/trace`);
  await screen.findByRole("button", { name: /25 findings/ });
});

describe("the trace of a report", () => {
  test("opens on the report, with the way to the frames lit and told step by step", () => {
    expect(card(/^Report.*R-1F2E/).getAttribute("aria-pressed")).toBe("true");
    const way = details().getByText("To the raw frames").parentElement;
    expect(within(way as HTMLElement).getAllByRole("listitem")).toHaveLength(4);
    expect(details().getByText(/4 raw frames lie behind it in all/)).toBeTruthy();
    expect(card(/25 findings/).dataset.lit).toBe("true");
    expect(card(/^Software.*verified/).dataset.lit).toBe("false");
  });

  test("a group opens and closes, and says how many there are", () => {
    const group = card(/25 findings/);
    expect(group.getAttribute("aria-expanded")).toBe("false");
    fireEvent.click(group);
    expect(card(/25 findings/).getAttribute("aria-expanded")).toBe("true");
    fireEvent.click(card(/Volume change, left cheek/));
    expect(details().getByRole("heading", { level: 2 }).textContent).toBe("Volume change, left cheek");
    fireEvent.click(card(/25 findings/));
    expect(screen.queryByRole("button", { name: /Volume change, left cheek/, pressed: true })).toBeNull();
    expect(card(/^Report.*R-1F2E/).getAttribute("aria-pressed")).toBe("true");
  });

  test("what is chosen in the details is drawn, even out of a closed group", () => {
    const restsOn = () => within(details().getByText("Rests on").parentElement as HTMLElement);
    for (const name of ["Sign-off", "Assessment", "Redness, area"]) fireEvent.click(restsOn().getByRole("button", { name }));
    expect(card(/25 findings/).getAttribute("aria-expanded")).toBe("true");
    expect(screen.getAllByRole("button", { name: /Redness, area/, pressed: true })).toHaveLength(1);
  });

  test("a node behind which no frame lies says so, and what rests on it is lit", () => {
    fireEvent.click(card(/0\.152 px/));
    expect(details().getByText(/No raw frame lies behind this/)).toBeTruthy();
    expect(screen.getByText(/Lit: everything that rests on what is chosen/)).toBeTruthy();
    expect(card(/^Report.*R-1F2E/).dataset.lit).toBe("true");
  });

  test("what is not verified is one press away", () => {
    fireEvent.click(screen.getByRole("button", { name: "Show what is not" }));
    expect(details().getByText("Not verified")).toBeTruthy();
    expect(details().getByRole("heading", { level: 2 }).textContent).toBe("Calibration, 0.152 px");
  });

  test("the beginning of a digest finds its node, and Enter goes there", () => {
    const field = screen.getByLabelText(/beginning of a digest/);
    fireEvent.change(field, { target: { value: digest("finding-inference-2-1").slice(7, 15) } });
    expect(screen.getByText("1 found")).toBeTruthy();
    expect(card(/25 findings/).textContent).toContain("1 found");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(details().getByRole("heading", { level: 2 }).textContent).toBe("Haemoglobin density, median");
    fireEvent.change(field, { target: { value: "no such thing" } });
    expect(screen.getByText("0 found")).toBeTruthy();
  });

  test("the list names every node and link, and narrows to what is searched for", () => {
    fireEvent.click(screen.getByText("List"));
    const table = within(screen.getByRole("table"));
    expect(table.getByText("25 findings", { selector: "th" })).toBeTruthy();
    expect(table.getByText("25 findings", { selector: "summary" })).toBeTruthy();
    const kinds = new Set(TRACE.nodes.map((node) => node.kind));
    expect(table.getAllByRole("row")).toHaveLength(1 + kinds.size + TRACE.nodes.length);
    expect(table.getAllByText("on the way to the raw frames").length).toBeGreaterThan(30);
    fireEvent.change(screen.getByLabelText(/beginning of a digest/), { target: { value: "wrinkles" } });
    expect(table.getAllByRole("row")).toHaveLength(1 + 1 + 2);
    fireEvent.click(table.getByRole("button", { name: "Wrinkles, length" }));
    expect(details().getByRole("heading", { level: 2 }).textContent).toBe("Wrinkles, length");
  });
});
