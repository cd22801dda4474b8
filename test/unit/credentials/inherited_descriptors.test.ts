// Tests the replacements for descriptors that a program would inherit.
import { beforeEach, expect, it, vi } from "vitest";
import { insteadOfInherited } from "../../../src/credentials/inherited_descriptors.js";

/** The flags of each descriptor in octal, as in /proc; an error for a descriptor that closes after it was listed. */
const descriptors = vi.hoisted(() => ({ flags: new Map<string, string | Error>(), hasProc: true, looks: 0 }));

vi.mock("node:fs", () => ({
  readdirSync: (folder: string) => {
    if (!descriptors.hasProc || folder !== "/proc/self/fd") throw new Error("ENOENT");
    return [...descriptors.flags.keys()];
  },
  readFileSync: (file: string) => {
    descriptors.looks++;
    const flags = descriptors.flags.get(file.replace("/proc/self/fdinfo/", ""));
    if (flags === undefined || flags instanceof Error) throw new Error("ENOENT");
    return `pos:\t0\nflags:\t${flags}\nmnt_id:\t15\n`;
  },
}));

const closed = "02100002";
const inherited = "0100002";

beforeEach(() => Object.assign(descriptors, { flags: new Map(), hasProc: true, looks: 0 }));

function open(flags: Readonly<Record<string, string | Error>>): void {
  descriptors.flags = new Map(Object.entries(flags));
}

it("each descriptor from 3 on without close-on-exec is replaced", () => {
  open({ 0: inherited, 1: inherited, 2: inherited, 3: inherited, 4: closed, 19: inherited, 7: inherited, 20: closed });
  const expected = Array.from({ length: 17 }, (_, index) => ([3, 7, 19].includes(index + 3) ? 9 : "ignore"));
  expect(insteadOfInherited(9)).toEqual(expected);
});

it("a descriptor that has closed, or whose flags cannot be read, is ignored", () => {
  open({ 3: new Error("closed"), 4: "not a number", 5: inherited });
  expect(insteadOfInherited(9)).toEqual(["ignore", "ignore", 9]);
});

it("nothing is replaced when all descriptors have close-on-exec, or without /proc", () => {
  open({ 3: closed, 400: closed });
  expect(insteadOfInherited(9)).toEqual([]);
  open({ 3: inherited });
  descriptors.hasProc = false;
  expect(insteadOfInherited(9)).toEqual([]);
});

it.each([
  [4095, 4095],
  [4096, 4096],
  [4097, 4096],
])("of %i descriptors only the lowest %i are inspected", (count, looks) => {
  open(Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index + 3), inherited])));
  expect(insteadOfInherited(9)).toHaveLength(looks);
  expect(descriptors.looks).toBe(looks);
});
