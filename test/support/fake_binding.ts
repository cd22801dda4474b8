// A shim without Fluent Bit: keeps the replies, and has the chunks that a test puts in.
import type { Binding, HostInstance } from "../../src/host/binding.js";

export class FakeBinding implements Binding {
  /** The replies, in order. */
  readonly replies: [requestId: number, value: number][] = [];
  /** The chunks of flushes by their requests: null when withdrawn; on their way when there is none. */
  readonly chunks = new Map<number, ArrayBuffer | null>();
  /** The requests whose chunks were asked for, in order. */
  readonly asked: number[] = [];
  /** The requests whose time was extended, in order. */
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
    throw new Error("the process goes on");
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
