// Which chunks wait for which: those of one tag for each other, those of different tags not.
import { describe, expect, it } from "vitest";
import { TagOrder, type TagPlace } from "../../../src/delivery/tag_order.js";
import { settled } from "../../support/fake_clock.js";

/** Notes the name of a chunk as soon as the chunks before it are through or let it go. */
function noting(): { readonly free: string[]; readonly enter: (order: TagOrder, tag: string, name: string) => TagPlace } {
  const free: string[] = [];
  const enter = (order: TagOrder, tag: string, name: string) => {
    const place = order.enter(tag);
    void place.before.then(() => free.push(name));
    return place;
  };
  return { free, enter };
}

describe("TagOrder", () => {
  it("lets the first chunk of a tag go at once", async () => {
    const { free, enter } = noting();
    enter(new TagOrder(), "a", "first");
    await settled();
    expect(free).toEqual(["first"]);
  });

  it("lets the chunks of one tag follow one another in the order in which they entered", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    const places = ["1", "2", "3"].map((name) => enter(order, "a", name));
    for (const [index, place] of places.entries()) {
      await settled();
      expect(free).toEqual(["1", "2", "3"].slice(0, index + 1));
      place.leave();
    }
  });

  it("lets chunks of different tags go side by side", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    enter(order, "a", "a1");
    enter(order, "a", "a2");
    enter(order, "b", "b1");
    await settled();
    expect(free).toEqual(["a1", "b1"]);
  });

  it("lets no chunk overtake the first one when the chunk between them leaves early", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    const first = enter(order, "a", "1");
    enter(order, "a", "2").leave();
    enter(order, "a", "3");
    await settled();
    expect(free).toEqual(["1"]);
    first.leave();
    await settled();
    expect(free).toEqual(["1", "2", "3"]);
  });

  it("lets a chunk go beside the one before it that lets it go, but not before one that has not", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    const places = ["1", "2", "3"].map((name) => enter(order, "a", name));
    places[1]?.passOn();
    await settled();
    expect(free).toEqual(["1"]);
    places[0]?.passOn();
    await settled();
    expect(free).toEqual(["1", "2", "3"]);
  });

  it("has one order of keys for the chunks of a tag that are under way together, and another for each stream", () => {
    const order = new TagOrder();
    const [first, second, other] = ["a", "a", "b"].map((tag) => order.enter(tag));
    expect(second?.keysOf(undefined)).toBe(first?.keysOf(undefined));
    expect(second?.keysOf("stream")).toBe(first?.keysOf("stream"));
    expect(first?.keysOf("stream")).not.toBe(first?.keysOf(undefined));
    expect(other?.keysOf(undefined)).not.toBe(first?.keysOf(undefined));
  });

  it("lets a chunk be the next one when only one chunk of its tag is not through", async () => {
    const order = new TagOrder();
    const next: string[] = [];
    const places = ["1", "2", "3", "4"].map((name) => {
      const place = order.enter("a");
      void place.next.then(() => next.push(name));
      place.passOn();
      return place;
    });
    await settled();
    expect(next).toEqual(["1", "2"]);
    places[1]?.leave();
    await settled();
    expect(next, "the first is still under way").toEqual(["1", "2"]);
    places[0]?.leave();
    await settled();
    expect(next).toEqual(["1", "2", "3", "4"]);
  });

  it("lets further chunks be the next ones beside chunks that have stepped aside, and knows the tag until these have left", async () => {
    const order = new TagOrder();
    const next: string[] = [];
    const places = ["1", "2", "3", "4", "5"].map((name) => {
      const place = order.enter("a");
      void place.next.then(() => next.push(name));
      place.passOn();
      return place;
    });
    places[0]?.stepAside();
    await settled();
    expect(next).toEqual(["1", "2", "3"]);
    places[1]?.stepAside();
    places[2]?.leave();
    await settled();
    expect(next).toEqual(["1", "2", "3", "4", "5"]);
    for (const place of places.slice(3)) place.leave();
    await settled();
    expect(order.size, "two chunks are aside").toBe(1);
    const keys = order.enter("a").keysOf(undefined);
    expect(keys).toBe(places[0]?.keysOf(undefined));
    for (const place of places) place.leave();
  });

  it("lets a chunk go at once when all earlier chunks of its tag have left", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    enter(order, "a", "1").leave();
    enter(order, "a", "2");
    await settled();
    expect(free).toEqual(["1", "2"]);
  });

  it("forgets a tag when its chunks are through", async () => {
    const order = new TagOrder();
    const places = ["a", "b", "a"].map((tag) => order.enter(tag));
    expect(order.size).toBe(2);
    for (const place of places) place.leave();
    await settled();
    expect(order.size).toBe(0);
  });

  it("ignores a second leave of a chunk while a later chunk is under way", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    const first = enter(order, "a", "1");
    first.leave();
    enter(order, "a", "2");
    first.leave();
    enter(order, "a", "3");
    await settled();
    expect(free).toEqual(["1", "2"]);
  });
});
