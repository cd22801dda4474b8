/** Decides when chunks are turned into records: within the memory for records, one at a time, each output in its order. */

/** What the turns need of the world outside. */
export interface TurnsDependencies {
  /** Bytes of records of all outputs that are encoded and not yet delivered. */
  readonly budgetBytes: number;
  /** Resolves when the network has had its turn, such as at Node's next round of events. */
  readonly letNetworkRun: () => Promise<void>;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
}

interface Waiter {
  readonly bytes: number;
  readonly sinceMs: number;
  readonly grant: (turn: Turn | undefined) => void;
}

/** The turns of this process. */
export class Turns {
  readonly #dependencies: TurnsDependencies;
  readonly #outputs = new Set<OutputTurns>();
  #heldBytes = 0;
  #encoding: Promise<void> = Promise.resolve();

  constructor(dependencies: TurnsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Bytes of records that are held now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Milliseconds that only ever grow. */
  get now(): () => number {
    return this.#dependencies.now;
  }

  /** The turns of one output. @param maxChunks that may be under way at once */
  open(maxChunks = Number.POSITIVE_INFINITY): OutputTurns {
    const output = new OutputTurns(this, maxChunks);
    this.#outputs.add(output);
    return output;
  }

  /** Forgets an output that has ended. */
  remove(output: OutputTurns): void {
    this.#outputs.delete(output);
  }

  /** Counts bytes that an output holds from now on, or returns when negative. */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes < 0) this.grantWaiting();
  }

  /** Whether so many bytes more are within the budget. */
  hasRoomFor(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.#dependencies.budgetBytes;
  }

  /** Grants what can be granted. The output that holds least comes first, so that one that hangs holds no other back. */
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

  /** Runs `work` when all before it have run, and the network has had its turn: requests that are ready leave first. */
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

/** The turns of one output, in the order of the requests for them. */
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

  /** Bytes that its chunks hold. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the chunk that waits longest can have its turn. The first under way always can, whatever it holds. */
  get canGrant(): boolean {
    const [first] = this.#waiting;
    if (first === undefined || this.#underWay >= this.#maxChunks) return false;
    return this.#underWay === 0 || this.#turns.hasRoomFor(first.bytes);
  }

  /**
   * Waits for the turn of a chunk; it must be given back. Undefined when there will be none.
   * @param bytes of its records, at a guess
   */
  take(bytes: number): Promise<Turn | undefined> {
    return new Promise((grant) => {
      if (this.#hasEnded) return grant(undefined);
      this.#waiting.push({ bytes, sinceMs: this.#turns.now(), grant });
      this.#turns.grantWaiting();
    });
  }

  /** Gives the chunk that waits longest its turn; {@link canGrant} must say so. */
  grant(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#underWay++;
    this.#heldBytes += first.bytes;
    this.#turns.hold(first.bytes);
    first.grant(new Turn(this, first.bytes));
  }

  /** Tells chunks that have waited for so long that they get no turn. */
  refuseAfter(waitMs: number): void {
    const latestMs = this.#turns.now() - waitMs;
    while ((this.#waiting[0]?.sinceMs ?? Infinity) <= latestMs) this.#waiting.shift()?.grant(undefined);
    // A smaller chunk behind them may fit.
    this.#turns.grantWaiting();
  }

  /** Nobody gets a turn any more; those that have one keep it. */
  end(): void {
    this.#hasEnded = true;
    for (const { grant } of this.#waiting.splice(0)) grant(undefined);
    this.#turns.remove(this);
  }

  /** See {@link Turns.encode}. Resolves to undefined, with nothing run, when the output has ended by then. */
  encode<Result>(work: () => Result): Promise<Result | undefined> {
    return this.#turns.encode(() => (this.#hasEnded ? undefined : work()));
  }

  /** A chunk under way holds so many bytes more, or fewer. */
  change(bytes: number): void {
    this.#heldBytes += bytes;
    this.#turns.hold(bytes);
  }

  /** A chunk is through. */
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

  /** Runs `work`, which writes the chunk's records. See {@link OutputTurns.encode}. */
  encode<Result>(work: () => Result): Promise<Result | undefined> {
    return this.#output.encode(work);
  }

  /** The chunk's records take so many bytes. */
  resize(bytes: number): void {
    this.#output.change(bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** The chunk is through; only the first time counts. */
  give(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.finish(this.#bytes);
  }
}
