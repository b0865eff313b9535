import fc from 'fast-check';

/** The same cases in every run: a test that fails once in a thousand runs tells nobody what broke. `FC_SEED` tries others. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });

export { fc };
