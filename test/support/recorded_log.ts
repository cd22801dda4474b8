// A log that keeps its messages, for tests of messages.
import type { Log, LogLevel } from "../../src/telemetry/log.js";

export interface Message {
  readonly level: LogLevel;
  readonly text: string;
}

export class RecordedLog implements Log {
  readonly messages: Message[] = [];

  debug(text: string): void {
    this.messages.push({ level: "debug", text });
  }
  info(text: string): void {
    this.messages.push({ level: "info", text });
  }
  warning(text: string): void {
    this.messages.push({ level: "warning", text });
  }
  error(text: string): void {
    this.messages.push({ level: "error", text });
  }

  /** Texts of one level, in order. */
  at(level: LogLevel): string[] {
    return this.messages.filter((message) => message.level === level).map(({ text }) => text);
  }
}
