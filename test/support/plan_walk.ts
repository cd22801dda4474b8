// Steps through a fault plan, request by request.
import { parsePlan, type Repetition, type Step } from "./fault_plan.js";

export class PlanWalk {
  readonly #steps: readonly Step[];
  readonly #now: () => number;
  #index = 0;
  #used = 0;
  #since = 0;

  /** @param now returns milliseconds */
  constructor(plan: string, now: () => number) {
    this.#steps = parsePlan(plan);
    this.#now = now;
  }

  /** Returns the step for the next request. */
  next(): Step {
    for (;;) {
      const step = this.#steps[this.#index] as Step;
      if (this.#used === 0) this.#since = this.#now();
      if (this.#index === this.#steps.length - 1 || this.#isOn(step.repetition)) {
        this.#used++;
        return step;
      }
      this.#advance();
    }
  }

  /** Ends a used "*flush" step after the reply to a flush. */
  flushEnded(): void {
    const isFor = (this.#steps[this.#index] as Step).repetition.kind === "flush";
    if (isFor && this.#used > 0 && this.#index < this.#steps.length - 1) this.#advance();
  }

  #isOn(repetition: Repetition): boolean {
    switch (repetition.kind) {
      case "times":
        return this.#used < repetition.times;
      case "time":
        return this.#used === 0 || this.#now() - this.#since < repetition.ms;
      case "flush":
        return true;
    }
  }

  #advance(): void {
    this.#index++;
    this.#used = 0;
  }
}
