// A binding without Fluent Bit: keeps the replies, and holds the chunks that a test sets.
import type { Binding, HostInstance } from "../../src/host/binding.js";

export class FakeBinding implements Binding {
  /** Replies in order. */
  readonly replies: [requestId: number, value: number][] = [];
  /** Chunks of flushes by request: null if withdrawn; a missing one is in transit. */
  readonly chunks = new Map<number, ArrayBuffer | null>();
  /** Requests whose chunks were requested, in order. */
  readonly asked: number[] = [];
  /** Requests whose time was extended, in order. */
  readonly extended: number[] = [];
  closed = 0;
  readonly hasHostLog: boolean = false;
  readonly place = "in a test";

  takeChunk(requestId: number): ArrayBuffer | null | undefined {
    this.asked.push(requestId);
    return this.chunks.get(requestId);
  }
  reply(requestId: number, value: number): void {
    this.replies.push([requestId, value]);
  }
  extend(requestId: number): void {
    this.extended.push(requestId);
  }
  close(): void {
    this.closed++;
  }
  option(requestId: number, key: string): string {
    return `${key} of request ${requestId}`;
  }
  serve(): void {
    throw new Error("requests come from the test");
  }
  exitProcess(): never {
    throw new Error("the process must not end");
  }
  setOptions(): string[] {
    return [];
  }
  outputInstance(): HostInstance | undefined {
    return undefined;
  }
  log(): boolean {
    return false;
  }
  writeMessage(): void {
    return undefined;
  }
  openMetrics(): number {
    return 0;
  }
  addMetricSeries(): number {
    return 0;
  }
  updateMetrics(): boolean {
    return false;
  }
  zoneAbbreviation(): string {
    return "UTC";
  }
  releaseCode(): void {
    return undefined;
  }
  releaseMemory(): void {
    return undefined;
  }
  trimMemory(): void {
    return undefined;
  }
}
