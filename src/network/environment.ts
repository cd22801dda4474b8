/** The environment variables of the process, as all that reads them takes them. */

/** Values by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;
