/** The cases of the executable shim_test and the behaviour that each of them proves. */
/** A case of shim_test, by its argument, and the messages that it must print. */
interface Case {
  readonly name: string;
  readonly behaviour: string;
  readonly messages?: readonly RegExp[];
}

export const CASES: readonly Case[] = [
  { name: "own-answers", behaviour: "flushes from eight threads each get their own answer" },
  { name: "odd-arguments", behaviour: "an empty chunk, a negative length and a missing tag are taken" },
  { name: "several-instances", behaviour: "instances are told apart, and closed one by one" },
  { name: "refused-init", behaviour: "an init that fails, and its exit, leave the instance before it, and the next, working" },
  { name: "answered-twice", behaviour: "a second answer, and one to an unknown request, do nothing" },
  { name: "ten-thousand", behaviour: "10,000 flushes leave nothing behind" },
  {
    name: "no-libnode",
    behaviour: "without libnode, init fails and says what was tried and how to install it",
    messages: [/\/nowhere\/libnode\.so\.1: no such file/, /apt-get install/, /dnf install nodejs-libs/, /nodejs20-libs/],
  },
  {
    name: "libnode-not-loadable",
    behaviour: "a libnode that cannot be loaded is reported with the loader's reason",
    messages: [/\/dev\/null: .*file too short/],
  },
  {
    name: "not-a-libnode",
    behaviour: "a library without node::Start is refused",
    messages: [/libm\.so\.6: has no node::Start/],
  },
  { name: "search-again", behaviour: "an init after one that found no libnode searches again" },
  {
    name: "start-returns-early",
    behaviour: "Node ending before the core is up fails each init",
    messages: [/stopped before the plugin's core was up \(status 7\)/],
  },
  { name: "several-inits-at-once", behaviour: "inits from several threads share one Node" },
  { name: "node-thread-is-fit", behaviour: "Node gets the plugin's path and a stack of 8 MiB" },
  { name: "dispositions-after-init", behaviour: "every signal's disposition is the host's again after init" },
  { name: "dispositions-after-early-return", behaviour: "so it is when Node ended before the core was up" },
  { name: "dispositions-after-early-exit", behaviour: "so it is when the core exits while it loads" },
  { name: "delivered-to-host", behaviour: "a signal runs the host's handler on the host's thread" },
  { name: "caller-mask", behaviour: "init leaves the calling thread's signal mask as it was" },
  { name: "node-mask", behaviour: "Node's thread has all signals blocked but its own faults" },
  { name: "node-dies", behaviour: "when Node dies, waiting and later flushes get retry" },
  { name: "node-exits", behaviour: "when the core calls process.exit, waiting and later flushes get retry" },
  {
    name: "node-aborts",
    behaviour: "when Node aborts, its heap being full, waiting and later flushes get retry and the process goes on",
    messages: [/Node\.js has stopped/],
  },
  { name: "host-aborts", behaviour: "an abort of the host's own still runs the host's handler, also after one of Node's" },
  { name: "node-crashes", behaviour: "a crash of Node's thread ends the process as the host has it" },
  { name: "node-dies-under-load", behaviour: "no flush waits for ever when Node dies under load" },
  { name: "exit-joins-node", behaviour: "the process waits for Node's thread when it ends" },
  { name: "exit-with-flushes-waiting", behaviour: "flushes waiting when the process ends get the core's answer" },
  { name: "exit-without-init", behaviour: "calls without an init are harmless" },
  { name: "registered-again", behaviour: "a hot reload's second registration and init work" },
  {
    name: "node-never-ends",
    behaviour: "a Node that does not end cannot hold the process",
    messages: [/did not stop in time/],
  },
  { name: "metrics", behaviour: "metrics start at zero, count what they are told, and end with their instance" },
  { name: "metrics-of-refused-init", behaviour: "an init that fails leaves no metrics open" },
  { name: "metrics-absent", behaviour: "without Fluent Bit's functions there are no metrics, and no harm" },
  { name: "metrics-incomplete", behaviour: "so it is when one of the functions is missing" },
  { name: "metrics-switched-off", behaviour: "so it is when the instance has no metrics" },
  { name: "metrics-not-created", behaviour: "so it is when one of the metrics cannot be made" },
  { name: "metrics-of-each-instance", behaviour: "each instance has its own metrics; an exit without a name ends all" },
  { name: "metrics-under-load", behaviour: "nothing is counted after an exit, whoever counts meanwhile" },
  { name: "metrics-at-the-end", behaviour: "nothing is counted at the end of the process" },
  { name: "log-of-host", behaviour: "lines for Fluent Bit's log are written by the thread that waits, before its answer" },
  { name: "log-of-many-threads", behaviour: "no line is lost when many threads wait" },
  { name: "log-at-the-end", behaviour: "no line goes to Fluent Bit's log at the end of the process" },
];
