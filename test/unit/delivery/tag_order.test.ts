// Which chunks wait for each other: chunks of one tag do, chunks of different tags do not.
import { describe, expect, it } from "vitest";
import { TagOrder, type TagPlace } from "../../../src/delivery/tag_order.js";
import { settled } from "../../support/fake_clock.js";

/** Records the name of a chunk as soon as all earlier chunks are done or have let it start. */
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
  it("starts the first chunk of a tag immediately", async () => {
    const { free, enter } = noting();
    enter(new TagOrder(), "a", "first");
    await settled();
    expect(free).toEqual(["first"]);
  });

  it("starts the chunks of one tag one after the other, in the order in which they entered", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    const places = ["1", "2", "3"].map((name) => enter(order, "a", name));
    for (const [index, place] of places.entries()) {
      await settled();
      expect(free).toEqual(["1", "2", "3"].slice(0, index + 1));
      place.leave();
    }
  });

  it("lets chunks of different tags run in parallel", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    enter(order, "a", "a1");
    enter(order, "a", "a2");
    enter(order, "b", "b1");
    await settled();
    expect(free).toEqual(["a1", "b1"]);
  });

  it("does not let a chunk overtake the first one when the chunk between them leaves early", async () => {
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

  it("starts a chunk when all earlier chunks have passed on, not when only some have", async () => {
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

  it("has one key order for the concurrent chunks of a tag, and another for each stream", () => {
    const order = new TagOrder();
    const [first, second, other] = ["a", "a", "b"].map((tag) => order.enter(tag));
    expect(second?.keysOf(undefined)).toBe(first?.keysOf(undefined));
    expect(second?.keysOf("stream")).toBe(first?.keysOf("stream"));
    expect(first?.keysOf("stream")).not.toBe(first?.keysOf(undefined));
    expect(other?.keysOf(undefined)).not.toBe(first?.keysOf(undefined));
  });

  it("makes a chunk the next one when only one earlier chunk of its tag is not done", async () => {
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

  it("makes further chunks the next ones when chunks have stepped aside, and keeps the tag until these have left", async () => {
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

  it("starts a chunk immediately when all earlier chunks of its tag have left", async () => {
    const { free, enter } = noting();
    const order = new TagOrder();
    enter(order, "a", "1").leave();
    enter(order, "a", "2");
    await settled();
    expect(free).toEqual(["1", "2"]);
  });

  it("forgets a tag when its chunks are done", async () => {
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
