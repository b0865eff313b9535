/** What a command is given: the options as commander parsed them, by their camel-case names, and the environment. */
export type Environment = NodeJS.ProcessEnv;
export type OptionValues = Readonly<Record<string, unknown>>;
