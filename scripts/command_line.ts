/** What the commands for people have in common. */

/** The status of a command whose command line makes no sense. */
export const usageStatus = 2;

/** The command line makes no sense; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whether to colour, as Node does it: FORCE_COLOR goes before NO_COLOR, that before what the output is. */
export function wantsColours(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no = "", TERM: terminal } = environment;
  if (force !== undefined) return force !== "0" && force !== "false";
  return no === "" && isTerminal && terminal !== "dumb";
}
