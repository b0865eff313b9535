/**
 * What a thread that simulates is given, MB. Messages under way outlive a young generation of the usual size, and would be moved again
 * and again: with this one a run takes three quarters of the time. 10,000 viewers hold more than Node allows by itself.
 */
export const SIMULATION_HEAP = { maxYoungGenerationSizeMb: 384, maxOldGenerationSizeMb: 16_384 } as const;
