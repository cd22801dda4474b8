/** Decides when a chunk may be encoded: one at a time, in each output's order, within the budget for records. */

/** The dependencies of {@link Turns}. */
export interface TurnsDependencies {
  /** Maximum bytes of encoded, undelivered records of all outputs. */
  readonly budgetBytes: number;
  /** Resolves after pending network events were handled, such as at the next iteration of Node's event loop. */
  readonly letNetworkRun: () => Promise<void>;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
}

interface Waiter {
  readonly bytes: number;
  readonly sinceMs: number;
  readonly grant: (turn: Turn | undefined) => void;
}

/** The turns of all outputs of the process. A turn is a chunk's permission to hold memory for its records. */
export class Turns {
  readonly #dependencies: TurnsDependencies;
  readonly #outputs = new Set<OutputTurns>();
  #heldBytes = 0;
  #encoding: Promise<void> = Promise.resolve();

  constructor(dependencies: TurnsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Bytes of records held now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The clock, in milliseconds that never decrease. */
  get now(): () => number {
    return this.#dependencies.now;
  }

  /** Opens the turns of one output. @param maxChunks maximum chunks under way */
  open(maxChunks = Number.POSITIVE_INFINITY): OutputTurns {
    const output = new OutputTurns(this, maxChunks);
    this.#outputs.add(output);
    return output;
  }

  /** Removes an output that has ended. */
  remove(output: OutputTurns): void {
    this.#outputs.delete(output);
  }

  /** Adds to the bytes held; a negative number returns bytes. */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes < 0) this.grantWaiting();
  }

  /** Whether the budget has room for these bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.#dependencies.budgetBytes;
  }

  /** Grants all turns that can be granted. The output that holds least comes first, so that a hanging output blocks no other. */
  grantWaiting(): void {
    for (;;) {
      let next: OutputTurns | undefined;
      for (const output of this.#outputs) {
        if (output.canGrant && (next === undefined || output.heldBytes < next.heldBytes)) next = output;
      }
      if (next === undefined) return;
      next.grant();
    }
  }

  /** Runs `work` after all earlier work and after pending network events, so that requests that are ready leave first. */
  async encode<Result>(work: () => Result): Promise<Result> {
    const before = this.#encoding;
    let next: () => void = () => undefined;
    this.#encoding = new Promise((resolve) => (next = resolve));
    await before;
    await this.#dependencies.letNetworkRun();
    try {
      return work();
    } finally {
      next();
    }
  }
}

/** The turns of one output, granted in the order of the calls of `take`. */
export class OutputTurns {
  readonly #turns: Turns;
  readonly #maxChunks: number;
  readonly #waiting: Waiter[] = [];
  #heldBytes = 0;
  #underWay = 0;
  #hasEnded = false;

  constructor(turns: Turns, maxChunks: number) {
    this.#turns = turns;
    this.#maxChunks = maxChunks;
  }

  /** Bytes that the output's chunks hold. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the chunk that waits longest can have its turn. With no chunk under way it always can, however large it is. */
  get canGrant(): boolean {
    const [first] = this.#waiting;
    if (first === undefined || this.#underWay >= this.#maxChunks) return false;
    return this.#underWay === 0 || this.#turns.hasRoomFor(first.bytes);
  }

  /**
   * Waits for the turn of a chunk; call `give` on it when the chunk is done. Resolves to undefined when the chunk gets no turn.
   * @param bytes estimated bytes of the chunk's records
   */
  take(bytes: number): Promise<Turn | undefined> {
    return new Promise((grant) => {
      if (this.#hasEnded) return grant(undefined);
      this.#waiting.push({ bytes, sinceMs: this.#turns.now(), grant });
      this.#turns.grantWaiting();
    });
  }

  /** Gives the chunk that waits longest its turn. Call it only when {@link canGrant} is true. */
  grant(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#underWay++;
    this.#heldBytes += first.bytes;
    this.#turns.hold(first.bytes);
    first.grant(new Turn(this, first.bytes));
  }

  /** Refuses a turn to chunks that have waited at least `waitMs`. */
  refuseAfter(waitMs: number): void {
    const latestMs = this.#turns.now() - waitMs;
    while ((this.#waiting[0]?.sinceMs ?? Infinity) <= latestMs) this.#waiting.shift()?.grant(undefined);
    // A smaller chunk behind the refused ones may fit.
    this.#turns.grantWaiting();
  }

  /** Refuses all further turns. Chunks that have a turn keep it. */
  end(): void {
    this.#hasEnded = true;
    for (const { grant } of this.#waiting.splice(0)) grant(undefined);
    this.#turns.remove(this);
  }

  /** Runs `work` as {@link Turns.encode}. Resolves to undefined, without running it, when the output has ended by then. */
  encode<Result>(work: () => Result): Promise<Result | undefined> {
    return this.#turns.encode(() => (this.#hasEnded ? undefined : work()));
  }

  /** Adds to the bytes that a chunk under way holds; a negative number returns bytes. */
  change(bytes: number): void {
    this.#heldBytes += bytes;
    this.#turns.hold(bytes);
  }

  /** Ends the turn of a chunk. @param bytes the bytes it held */
  finish(bytes: number): void {
    this.#underWay--;
    this.#heldBytes -= bytes;
    this.#turns.hold(-bytes);
    if (bytes === 0) this.#turns.grantWaiting();
  }
}

/** The turn of one chunk. */
export class Turn {
  readonly #output: OutputTurns;
  #bytes: number;
  #isOver = false;

  constructor(output: OutputTurns, bytes: number) {
    this.#output = output;
    this.#bytes = bytes;
  }

  /** Runs `work`, which encodes the chunk's records, as {@link OutputTurns.encode}. */
  encode<Result>(work: () => Result): Promise<Result | undefined> {
    return this.#output.encode(work);
  }

  /** Sets the actual bytes of the chunk's records. */
  resize(bytes: number): void {
    this.#output.change(bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** Gives the turn back, since the chunk is done. Further calls have no effect. */
  give(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.finish(this.#bytes);
  }
}
