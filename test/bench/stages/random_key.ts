// Times random partition keys of eight characters: ours against bytes of node:crypto for each.
import { randomBytes } from "node:crypto";
import { randomPartitionKey } from "../../../src/record/partition_key.js";
import { randomPartitionKeyCharacters } from "../../../src/limits.js";
import { type Case, mustEqual } from "../stage.js";

const records = 10_000;

export function randomKeyCases(): Case[] {
  const each = (key: () => string) => (): string => {
    let last = "";
    for (let count = 0; count < records; count++) last = key();
    return last;
  };
  const ours = () => randomPartitionKey(Math.random, randomPartitionKeyCharacters);
  const random = () => randomBytes(randomPartitionKeyCharacters / 2).toString("hex");
  for (const key of [ours, random]) mustEqual(/^[A-Za-z0-9]{8}$/.exec(key())?.[0].length.toString() ?? "none", "8", "a random key");
  return [
    {
      stage: "random partition key",
      name: "8 characters",
      records,
      bytes: records * randomPartitionKeyCharacters,
      ours: { name: "ours", run: each(ours) },
      others: [{ name: "randomBytes for each", run: each(random) }],
    },
  ];
}
