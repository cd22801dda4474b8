/** Environment variables: values by name. */
export type Environment = Readonly<Record<string, string | undefined>>;
