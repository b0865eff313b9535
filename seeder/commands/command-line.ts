import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import { DEFAULT_CONFIG, LOG_LEVELS } from '../config.ts';
import { nearest } from '../nearest.ts';
import { findPackageRoot } from '../package-root.ts';
import { EXIT_FAILED, EXIT_USAGE, UsageError } from '../usage-error.ts';
import type { Environment, OptionValues } from './command-input.ts';
import { endWithOutput } from './standard-output.ts';

/** What the commands do; each is loaded when it is called, so that `--help` and `inspect` load no WebRTC. */
const ACTIONS = {
  demo: async (options: OptionValues, environment: Environment) =>
    (await import('./serve.ts')).serveDemo(options, environment),
  serve: async (options: OptionValues, environment: Environment) =>
    (await import('./serve.ts')).serve(options, environment),
  seed: async (source: string, options: OptionValues, environment: Environment) =>
    (await import('./serve.ts')).seed(source, options, environment),
  tracker: async (options: OptionValues, environment: Environment) =>
    (await import('./tracker.ts')).serveTracker(options, environment),
  inspect: async (source: string, options: OptionValues) => (await import('./inspect.ts')).inspect(source, options),
  simulate: async (options: OptionValues) => (await import('./simulate.ts')).simulate(options),
};

/** Runs the command; a mistake in it ends the process with 2, a failure with 1, each with one line that says what to do. */
export async function runCommandLine(args: readonly string[], environment: Environment): Promise<void> {
  endWithOutput(EXIT_FAILED);
  try {
    await buildProgram(environment).parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return;
    if (!(thrown instanceof SwarmtubeError)) throw thrown;
    process.stderr.write(`swarmtube: ${thrown.message}\n`);
    process.exit(thrown instanceof UsageError ? EXIT_USAGE : EXIT_FAILED);
  }
}

function buildProgram(environment: Environment): Command {
  const program = new Command('swarmtube')
    .description('Live video that its own viewers deliver. Without a command: a demo broadcast on this machine.')
    .usage('[command] [options]')
    .version(packageVersion(), '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Say what can be done.')
    .helpCommand(false)
    .enablePositionalOptions()
    // Behind a command that is none nothing is read, so that its name is told and not our own help.
    .passThroughOptions()
    .argument('[command...]')
    .action(async ([name]: readonly string[], options: OptionValues) => {
      if (name === 'help') program.help();
      if (name !== undefined) throw unknownCommand(name, program);
      await ACTIONS.demo(options, environment);
    });
  // Named in the list of commands already.
  program.configureHelp({ visibleArguments: () => [] });
  const add = (usage: string, description: string): Command => {
    const command = program.command(usage).description(description).helpOption('-h, --help', 'Say what can be done.');
    // What stands before the command's name counts for it too.
    return command.hook('preAction', () => inheritOptions(program, command));
  };
  const serve = add('serve', 'Tracker, seeder and web pages in one process, channels from the config file.').addOption(
    new Option('--config <file>', 'JSON file: every option by its name (stunPort, …), and the channels.').env(
      'SWARMTUBE_CONFIG',
    ),
  );
  const seed = add(
    'seed',
    'Broadcast one source: an http(s) address of FLV, an FLV file (one still being written is followed), or - for standard input.',
  )
    .argument('<source>', 'address, file or -')
    .option('--channel <name>', 'Name in addresses: letters, digits, _ and -. Needed.')
    .option('--title <text>', "What viewers read. Default: the channel's name.")
    .option('--loop', 'Play a finished file round and round as if live.');
  const tracker = add('tracker', 'The tracker alone: introduces viewers to each other, serves no media.');
  add('inspect', 'What is in a feed: tracks, codecs, keyframes, faults.')
    .argument('<source>', 'address of FLV, FLV file or -')
    .option('--json', 'Print JSON.')
    .action((source: string, options: OptionValues) => ACTIONS.inspect(source, options));
  addOptions(
    add('simulate', 'The swarm simulator: a seeded audience on simulated lines, and a table of figures.').action(
      (options: OptionValues) => ACTIONS.simulate(options),
    ),
    SIMULATION_OPTIONS,
  );

  for (const command of [program, serve, seed]) addOptions(command, [...NETWORK_OPTIONS, ...SEEDER_OPTIONS]);
  addOptions(tracker, NETWORK_OPTIONS);
  serve.action((options: OptionValues) => ACTIONS.serve(options, environment));
  seed.action((source: string, options: OptionValues) => ACTIONS.seed(source, options, environment));
  tracker.action((options: OptionValues) => ACTIONS.tracker(options, environment));
  for (const command of [program, ...program.commands]) refuseInOneLine(command);
  return program;
}

const NETWORK_OPTIONS: readonly Option[] = [
  new Option('--host <address>', `Address to listen on; 0.0.0.0: all. Default ${DEFAULT_CONFIG.host}.`),
  new Option('--port <number>', `TCP port of everything; 0: any free one. Default ${DEFAULT_CONFIG.port}.`),
  new Option('--tls-cert <file>', 'PEM certificate: serve HTTPS.'),
  new Option('--tls-key <file>', 'PEM key of the certificate.'),
  new Option('--trust-proxy', 'Believe X-Forwarded-For: only behind a proxy of your own.'),
  new Option(
    '--stun-port <number|off>',
    `UDP port of the built-in STUN; 0: any free one. Default ${DEFAULT_CONFIG.stunPort}.`,
  ),
  new Option(
    '--ice-server <url>',
    'More STUN or TURN: stun:HOST:PORT, turn:USER:PASSWORD@HOST:PORT. May be repeated.',
  ).argParser((url: string, before: string[] | undefined) => [...(before ?? []), url]),
  new Option('--turn-secret <secret>', 'Secret shared with coturn: turn:HOST:PORT gets short-lived users.'),
  new Option(
    '--allow-origin <origin>',
    'Page that may play, as https://example.org; default: any. May be repeated.',
  ).argParser((address: string, before: string[] | undefined) => [...(before ?? []), address]),
  new Option(
    '--log-level <level>',
    `One of ${LOG_LEVELS.join(', ')}. Default ${DEFAULT_CONFIG.logLevel}, for the demo warn.`,
  ),
];

const SEEDER_OPTIONS: readonly Option[] = [
  new Option('--data <folder>', `Where the signing key is kept. Default ${DEFAULT_CONFIG.data}.`),
  new Option('--copies <number>', 'The most copies of a stream pushed into its swarm. Default: as its audience needs.'),
  new Option('--upload-limit <kbit/s>', 'The most that is pushed into each swarm. Default: no limit.'),
  new Option(
    '--memory <MiB>',
    "The most for the packets of all channels. Default 1024, or a quarter of the machine's.",
  ),
];

const SIMULATION_OPTIONS: readonly Option[] = [
  new Option(
    '--scenario <name>',
    'rich, tight, poor, flash, churn, polluters, …; a wrong one lists them. Default rich.',
  ),
  new Option('--peers <number>', 'Viewers, on average. Default 100.'),
  new Option('--minutes <number>', 'Simulated time. Default 2.'),
  new Option('--seed <number>', 'The same seed gives the same run. Default 1.'),
  new Option('--latency <seconds>', 'Capture to screen, as players aim at, 0.5 to 10. Default 2.5.'),
  new Option('--bitrate <kbit/s>', 'Of the stream, 50 to 2500. Default 2500.'),
  new Option('--copies <number>', 'Copies that the seeder pushes, 1 to 16. Default: as its audience needs.'),
  new Option(
    '--upload-limit <bitrates>',
    'What viewers allow, knowing nothing of their line, 0.01 to 100. Default: what it carries.',
  ),
  new Option(
    '--engine <key=value>',
    "A setting of the viewers' engines: fan=3, rescueMarginMs=300:550. May be repeated.",
  ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
  new Option(
    '--fault <name@seconds+seconds>',
    'In place of the faults of the scenario: when it strikes, how long it lasts. May be repeated; none: no faults.',
  ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
  new Option('--warm-up <seconds>', 'Not measured. Default: 60, of short runs the first half.'),
  new Option(
    '--bug <name>',
    'Plant this bug in every viewer: the run must fail, if its scenario gives the bug an occasion.',
  ),
  new Option('--without <numbers>', 'Viewers who stay away, as in 3,7.'),
  new Option('--until <seconds>', 'End there, although more was planned.'),
  new Option('--shrink', 'Where a promise was broken: look for the shortest run that breaks it.'),
  new Option('--trace <file>', 'Write a line for each thing that an engine orders.'),
  new Option('--json', 'Print JSON.'),
];

function addOptions(command: Command, options: readonly Option[]): void {
  for (const option of options) command.addOption(option);
}

function inheritOptions(program: Command, command: Command): void {
  for (const [name, value] of Object.entries(program.opts())) {
    const isKnown = command.options.some((option) => option.attributeName() === name);
    if (isKnown && command.getOptionValue(name) === undefined) command.setOptionValue(name, value);
  }
}

/** In place of commander's own text of one to three lines, and its exit code 1. */
function refuseInOneLine(command: Command): void {
  command.showSuggestionAfterError(false).allowExcessArguments(false);
  command.configureOutput({ writeErr: () => {} });
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error;
    const option = /^error: unknown option '(-[^']*)'/.exec(error.message)?.[1];
    if (option !== undefined) throw unknownOption(option, command);
    throw new UsageError(error.message.replace(/^error: /, ''));
  });
}

function unknownOption(option: string, command: Command): UsageError {
  const known = [...command.options.map(({ long }) => long ?? ''), '--help'];
  const name = option.replace(/=.*$/s, '');
  const near = nearest(name, known);
  const help = `${command.parent === null ? '' : 'swarmtube '}${command.name()} --help tells all`;
  return new UsageError(`unknown option ${name}; ${near === undefined ? help : `did you mean ${near}?`}`);
}

function unknownCommand(name: string, program: Command): UsageError {
  const known = program.commands.map((command) => command.name());
  const near = nearest(name, known);
  const advice = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`unknown command ${name}; ${advice}`);
}

function packageVersion(): string {
  const text = readFileSync(join(findPackageRoot(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version ?? 'unknown');
}
