// Changes the fault plan of a soak test's service every few seconds.

/** Latency of a response, as of a real Kinesis. */
export const fairWeather = "slow(20ms)";

const plans = [
  "",
  "fail(0.05:ProvisionedThroughputExceededException)*2s",
  "reset*3",
  "throttle-shard(1)*1s",
  "reset-mid-response*2",
  "status(503,retry-after=1)*2",
  "slow(200ms)*10",
  "throttle-all*1s",
  "close*20",
  "lost-response",
  "fail(0.5:InternalFailure)*10",
] as const;

const longestTurnMs = 4000;

function planOf(storm: string): string {
  return storm === "" ? fairWeather : `${storm}, ${fairWeather}`;
}

/** Cycles through the plans, each at least once in the given seconds; the returned function stops it. */
export function startWeather(kinesis: { follow(plan: string): void }, seconds: number): () => void {
  const turnMs = Math.min(longestTurnMs, (seconds * 1000) / plans.length);
  let turn = 0;
  const timer = setInterval(() => kinesis.follow(planOf(plans[++turn % plans.length] as string)), turnMs);
  return () => {
    clearInterval(timer);
    kinesis.follow(fairWeather);
  };
}
