/** What is wrong with an option or an environment variable, told to the user. */

/** The message names the option or variable, its value and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
