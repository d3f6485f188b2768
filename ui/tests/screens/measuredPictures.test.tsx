// @vitest-environment jsdom
// What a station's checks measured is seen beside their numbers, and asked for only once it is.
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { picturesOf } from "../../mock/checks";
import { deviceDetail, STATION } from "../../mock/people";
import type { Device } from "../../src/api/types";
import { captionOf } from "../../src/screens/devices/MeasuredPictures";
import { type Sent, start } from "../application";

const ADDRESS = `/devices/${STATION}`;

function withPictures(pictures: Partial<Device["pictures"]>) {
  return ({ method, path }: Sent) => {
    const detail = deviceDetail(STATION);
    if (method !== "GET" || path !== ADDRESS || detail === undefined) return undefined;
    return { status: 200, body: { ...detail, pictures: { ...detail.pictures, ...pictures } }, etag: detail.version };
  };
}

async function cardOf(title: string): Promise<HTMLElement> {
  return (await screen.findByText(title, { selector: "h2" })).closest("section") as HTMLElement;
}

/** Opens what was measured, as a browser does when its heading is pressed. */
function open(card: HTMLElement, heading: string): HTMLElement {
  const details = within(card).getByText(heading).closest("details") as HTMLDetailsElement;
  details.open = true;
  fireEvent(details, new Event("toggle"));
  return details;
}

const shownIn = (card: HTMLElement) => [...card.querySelectorAll("img")].map((each) => each.getAttribute("src"));

describe("what a check measured", () => {
  test.each([
    ["Grey target", "light_field", 5],
    ["Light", "illumination", 5],
    ["Colour", "colour", 3],
  ] as const)("in the card %s the pictures of that check open, and none is asked for before", async (title, kind, many) => {
    start(ADDRESS);
    const card = await cardOf(title);
    expect(shownIn(card)).toEqual([]);
    open(card, `What was measured: ${many} pictures`);
    await waitFor(() => expect(shownIn(card)).toEqual(picturesOf(STATION)[kind]?.map((each) => each.address)));
  });

  test("each says what it shows, zones by their place, and opens larger", async () => {
    start(ADDRESS);
    const card = await cardOf("Grey target");
    const measured = within(open(card, "What was measured: 5 pictures"));
    const names = (await measured.findAllByRole("button")).map((each) => each.textContent);
    expect(names).toEqual(
      ["All zones together", "Left alone", "Right alone", "Top alone", "Bottom alone"].map((each) => `${each}8.00 ms`),
    );
    fireEvent.click(measured.getByRole("button", { name: /Left alone/ }));
    const dialog = within(await screen.findByRole("dialog", { name: "Left alone" }));
    expect(dialog.getByRole("img", { name: "Left alone" }).getAttribute("src")).toBe(picturesOf(STATION).light_field?.[1]?.address);
    expect(dialog.getByText(/Exposure 8.00 ms/)).toBeTruthy();
  });

  test("a check that kept only its result says so, and one that saw nothing shows nothing", async () => {
    start(ADDRESS, withPictures({ light_field: null, colour: [] }));
    expect(within(await cardOf("Grey target")).getByText(/kept only its result/)).toBeTruthy();
    const colour = within(await cardOf("Colour"));
    expect(colour.queryByText(/kept only its result|What was measured/)).toBeNull();
  });

  test("where no check was made yet, nothing is said of pictures", async () => {
    const none = { illumination: [], light_fields: [], colour: [], pictures: { illumination: null, light_field: null, colour: null } };
    start(ADDRESS, ({ method, path }) =>
      method === "GET" && path === ADDRESS ? { status: 200, body: { ...deviceDetail(STATION), ...none } } : undefined);
    expect(await screen.findByText("The grey target was not measured yet.")).toBeTruthy();
    expect(screen.queryByText(/kept only its result|What was measured/)).toBeNull();
  });

  test("a repeated picture of the chart is known by its number, and an unknown word is shown as it is", () => {
    const caption = (shows: string) => captionOf({ shows, exposure_us: 8_000, address: "" });
    expect(caption("chart:2")).toBe("Chart, picture 2");
    expect(caption("elsewhere:1")).toBe("elsewhere:1");
  });
});
