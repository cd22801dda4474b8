// Dead letters: which dropped records become lines, the contents of the lines, and their metrics and messages.
import { encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { chunkOf, encodeTime } from "../../support/event_chunk.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { allTaken, failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting } from "../../support/scripted_instance.js";

const refuses = requestFailed("ValidationException", "content");
const denied = requestFailed("AccessDeniedException", "setup");
const byLogKey = { log_key: "log" };

interface Letter {
  readonly droppedAt: string;
  readonly eventTime?: string;
  readonly stream: string;
  readonly tag: string;
  readonly reason: string;
  readonly message: string;
  readonly partitionKey?: string;
  readonly form: string;
  readonly data: string;
}

/** @param fault "no space" for a disk that is full, "no room" for lines that wait for the disk */
function keeping(setting: InstanceSetting = {}, fault?: "no space" | "no room") {
  const letters: Letter[] = [];
  const metrics = new CountedMetrics();
  const records: number[] = [];
  const deadLetterFile: NonNullable<InstanceSetting["deadLetterFile"]> = {
    isFull: fault === "no room",
    lose: (count, owner) => owner.lost(count, "no room"),
    append: (line, count, owner) => {
      if (line.includes("\n")) throw new Error("a line holds a newline");
      records.push(count);
      if (fault === "no space") return owner.lost(count, "ENOSPC");
      letters.push(JSON.parse(line) as Letter);
      owner.written(count);
    },
    close: () => Promise.resolve(),
  };
  return { ...scriptedInstance({ ...setting, metrics, deadLetterFile }), letters, metrics, records };
}

const dataOf = ({ data }: Letter) => Buffer.from(data, "base64");
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe("an event that does not become a record", () => {
  it("is written with its time and its body as msgpack, for each reason", async () => {
    const bodies = [{ log: "good" }, { other: "no key" }, { log: "" }, { log: [Number.NaN] }];
    const deep = encode({ log: nested(1100) }, { maxDepth: 2000 });
    const time = encodeTime({ kind: "ext", seconds: 1_700_000_000 });
    const { flush, letters, metrics } = keeping({ options: byLogKey });
    expect(await flush(Buffer.concat([chunkOf(bodies), Buffer.from([0x92]), time, deep]), "app.web")).toBe("ok");
    expect(letters.map(({ reason }) => reason)).toEqual(["no_log_key", "empty", "no_json", "no_json"]);
    const kept = [...bodies.slice(1).map((body) => encode(body)), deep];
    expect(letters.map((letter) => dataOf(letter).toString("hex"))).toEqual(kept.map((body) => Buffer.from(body).toString("hex")));
    expect(letters[0]).toEqual({
      droppedAt: "2026-01-31T00:00:01.000Z",
      eventTime: "2023-11-14T22:13:21.123456789Z",
      stream: "logs",
      tag: "app.web",
      reason: "no_log_key",
      message: "The record has no log_key",
      form: "msgpack",
      data: Buffer.from([0x81, 0xa5, ...Buffer.from("other"), 0xa6, ...Buffer.from("no key")]).toString("base64"),
    });
    expect(letters[3]?.message).toBe("The record is nested too deeply");
    expect(metrics.of("dead_letter")).toEqual({ "dead_letter_records_total:written": 4 });
    expect(metrics.published.at(-1)).toEqual(metrics.all);
  });

  it.each([
    ["of floating point", 1.5, "1970-01-01T00:00:01.500000000Z"],
    ["before 1970", -0.25, "1969-12-31T23:59:59.750000000Z"],
    ["beyond the range of Date", 1e300, undefined],
  ])("with a time %s is written: the time %s becomes %s", async (_, seconds, text) => {
    const time = Buffer.alloc(9);
    time[0] = 0xcb;
    time.writeDoubleBE(seconds, 1);
    const { flush, letters } = keeping({ options: byLogKey });
    await flush(Buffer.concat([Buffer.from([0x92]), time, Buffer.from([0x80])]));
    expect(letters.map(({ eventTime }) => eventTime)).toEqual([text]);
  });

  it("is written once when Kinesis accepts nothing of its chunk and the whole chunk is retried", async () => {
    const { flush, letters, metrics } = keeping({ options: byLogKey, script: [denied, denied] });
    const chunk = chunkOf([{ log: "good" }, { other: 1 }]);
    expect([await flush(chunk), await flush(chunk)]).toEqual(["retry", "retry"]);
    expect(letters).toEqual([]);
    expect(await flush(chunk)).toBe("ok");
    expect(letters).toHaveLength(1);
    expect(metrics.of("dropped")).toEqual({ "dropped_records_total:no_log_key": 1 });
  });

  it("is written once when its chunk is retried for other records", async () => {
    const { flush, letters } = keeping({ options: { ...byLogKey, retry_timeout: "0" }, script: [failedAt(0)] });
    const chunk = chunkOf([{ log: "one" }, { other: 1 }, { log: "two" }]);
    expect([await flush(chunk), await flush(chunk)]).toEqual(["retry", "ok"]);
    expect(letters).toHaveLength(1);
  });

  it("is written at the end of a slice without records, before the rest of its chunk is sent", async () => {
    const kept: number[] = [];
    const bodies = [...Array.from({ length: 20_001 }, () => ({})), { log: "one" }];
    const client: { letters?: readonly Letter[] } = {};
    const step: Step = () => {
      kept.push(client.letters?.length ?? 0);
      return denied;
    };
    const { flush, letters, digests } = keeping({ options: byLogKey, script: [step] });
    client.letters = letters;
    const chunk = chunkOf(bodies);
    expect(await flush(chunk)).toBe("retry");
    expect(kept).toEqual([20_000]);
    expect(await flush(chunk)).toBe("ok");
    expect(letters).toHaveLength(20_001);
    expect(digests()).toBe(2);
  });
});

describe("a record that cannot be compressed to fit", () => {
  it("is written uncompressed, with its partition key", async () => {
    const compress: NonNullable<InstanceSetting["compress"]> = (sink, start) => sink.append(new Uint8Array(sink.length - start + 10_000));
    const options = { compression: "gzip", partition_key: "key", max_record_size: "4096" };
    const { flush, letters, client, log } = keeping({ options, compress });
    const body = { key: "web-1", log: "x".repeat(3000) };
    expect(await flush(chunkOf([body]))).toBe("ok");
    expect(client.requests).toEqual([]);
    expect(letters).toEqual([expect.objectContaining({ reason: "too_large", partitionKey: "web-1", form: "record", eventTime: "2023-11-14T22:13:20.123456789Z" })]);
    expect(letters.map((letter) => dataOf(letter).toString())).toEqual([JSON.stringify(body)]);
    expect(log.at("error")[0]).toContain("cannot be compressed and truncated");
  });
});

describe("a record that Kinesis refuses", () => {
  it("is written as sent, with the service's message and its own time", async () => {
    const options = { partition_key: "key", ...byLogKey };
    const { flush, letters, log } = keeping({ options, script: [refuses, allTaken, refuses] });
    const chunk = chunkOf([{ key: "a", log: "one" }, { key: "b", log: "two ü" }]);
    expect(await flush(chunk, "app")).toBe("ok");
    expect(letters).toEqual([
      {
        droppedAt: expect.any(String) as string,
        eventTime: "2023-11-14T22:13:21.123456789Z",
        stream: "logs",
        tag: "app",
        reason: "refused",
        message: "Kinesis refuses it with ValidationException: ValidationException happened",
        partitionKey: "b",
        form: "record",
        data: Buffer.from("two ü").toString("base64"),
      },
    ]);
    expect(log.at("error").join()).not.toContain("two");
  });

  it("has no partition key in its line when the key is random", async () => {
    const { flush, letters } = keeping({ afterwards: refuses });
    await flush(chunkOf([{ log: "one" }]));
    expect(letters).toHaveLength(1);
    expect(letters[0]).not.toHaveProperty("partitionKey");
  });

  it("inside an aggregate is written without the aggregate's other records", async () => {
    const poisoned: Step = (entries) => (entries.some(({ data }) => Buffer.from(data).includes("poison")) ? refuses : allTaken);
    const { flush, letters } = keeping({ options: { ...byLogKey, aggregation: "true" }, afterwards: poisoned });
    expect(await flush(chunkOf([{ log: "one" }, { log: "poison" }, { log: "three" }]))).toBe("ok");
    expect(letters.map((letter) => [letter.eventTime, dataOf(letter).toString()])).toEqual([["2023-11-14T22:13:21.123456789Z", "poison"]]);
  });

  it("is not written while Kinesis accepts no record at all, although it refuses each request", async () => {
    const { flush, letters } = keeping({ afterwards: refuses });
    expect(await flush(chunkOf(Array.from({ length: 100 }, (_, n) => ({ n }))))).toBe("retry");
    expect(letters).toEqual([]);
  });

  it("is not written again when the rest of its chunk is retried", async () => {
    const { flush, letters } = keeping({ script: [refuses, refuses, denied] });
    const chunk = chunkOf([{ log: "one" }, { log: "two" }, { log: "three" }]);
    expect([await flush(chunk), await flush(chunk)]).toEqual(["retry", "ok"]);
    expect(letters).toHaveLength(1);
  });
});

describe("a record that is not dropped", () => {
  it("is not written, whether cut or sent whole", async () => {
    const { flush, letters } = keeping({ options: { max_record_size: "4096" } });
    await flush(chunkOf([{ log: "x".repeat(10_000) }, { log: "one" }]));
    expect(letters).toEqual([]);
  });
});

describe("a file of dead letters without room for further lines", () => {
  it("gets no line: all dropped and refused records of a flush are counted as lost", async () => {
    const { flush, letters, records, metrics, log } = keeping({ options: byLogKey, script: [refuses] }, "no room");
    expect(await flush(chunkOf([...Array.from({ length: 1000 }, (_, n) => ({ n })), { log: "refused" }]))).toBe("ok");
    expect([letters, records]).toEqual([[], []]);
    expect(metrics.of("dead_letter")).toEqual({ "dead_letter_records_total:lost": 1001 });
    expect(log.at("error").filter((text) => text.includes("dead_letter_file"))).toEqual([
      "A dropped record cannot be written to dead_letter_file (no room); it is lost",
    ]);
  });
});

describe("a dead letter that cannot be written", () => {
  it("is counted, is logged once a minute without the record's content, and does not delay the flush", async () => {
    const clock = new JumpingClock();
    const { flush, metrics, log } = keeping({ options: byLogKey, clock }, "no space");
    const chunk = chunkOf([{ log: "good" }, { secret: 1 }, { secret: 2 }]);
    for (let count = 0; count < 2; count++) expect(await flush(chunk)).toBe("ok");
    expect(metrics.of("dead_letter")).toEqual({ "dead_letter_records_total:lost": 4 });
    const logged = () => log.at("error").filter((text) => text.includes("dead_letter_file"));
    expect(logged()).toEqual(["A dropped record cannot be written to dead_letter_file (ENOSPC); it is lost"]);
    clock.nowMs += 60_000;
    await flush(chunk);
    expect(logged()).toHaveLength(2);
    expect(logged()[1]).toBe("A dropped record cannot be written to dead_letter_file (ENOSPC); it is lost (4 records since the last such message)");
    expect(JSON.stringify(log.messages)).not.toContain("secret");
  });
});
