// Parses a Dockerfile: stages, instructions, and copies.

export interface Instruction {
  readonly name: string;
  /** Continued lines are joined. */
  readonly text: string;
}

export interface Stage {
  /** Image after FROM, with ARGs replaced by their defaults. */
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

const known = ["FROM", "ARG", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "ENTRYPOINT", "CMD", "LABEL", "HEALTHCHECK"];

/** @throws Error for an unknown instruction or one before the first FROM */
export function stagesOf(text: string): Stage[] {
  const joined = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
  const defaults = new Map<string, string>();
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of joined.split("\n").filter((each) => each.trim() !== "")) {
    const [, name = "", rest = ""] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    if (!known.includes(name)) throw new Error(`not an instruction: ${line}`);
    const stage = stages.at(-1);
    if (name === "FROM") {
      const [, base = "", stageName] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      const whole = base.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => defaults.get(variable) ?? "");
      stages.push({ base: whole, name: stageName, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push({ name, text: rest });
    } else if (name === "ARG") {
      const [variable = "", value = ""] = rest.split("=");
      defaults.set(variable, value);
    } else throw new Error(`before the first FROM: ${line}`);
  }
  return stages;
}

/** Returns the paths that COPY instructions copy. */
export function copiesOf(stage: Stage): Copy[] {
  return stage.instructions
    .filter(({ name }) => name === "COPY")
    .map(({ text }) => {
      const words = text.split(/\s+/);
      const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
      const paths = words.filter((word) => !word.startsWith("--"));
      return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
    });
}
