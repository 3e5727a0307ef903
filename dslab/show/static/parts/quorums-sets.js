// Quorums counted, and said in words: the same numbers and sentences as dslab/show/quorums.py.
//
// A setting is {replicas, read, write, grid: [rows, columns] or null, spares, failed: [names]}.
// Sets are lists of names.

/** Names of the home replicas, then of the spare nodes. */
export function names({ replicas, spares }) {
  return [
    ...Array.from({ length: replicas }, (_, at) => `n${at + 1}`),
    ...Array.from({ length: spares }, (_, at) => `s${at + 1}`),
  ];
}

/** How many ways there are to choose `some` of `all`. */
export function choose(all, some) {
  if (some > all || some < 0) return 0;
  let ways = 1;
  for (let at = 1; at <= some; at++) ways = (ways * (all - some + at)) / at;
  return Math.round(ways);
}

function combinations(items, size) {
  if (!size) return [[]];
  return items.flatMap((item, at) =>
    combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]),
  );
}

function covers(rows, columns) {
  if (!columns) return [[]];
  const less = covers(rows, columns - 1);
  return Array.from({ length: rows }, (_, row) => row).flatMap((row) =>
    less.map((rest) => [row, ...rest]),
  );
}

function distinct(sets) {
  return [...new Map(sets.map((set) => [set.join(), set])).values()];
}

/** Every smallest read quorum. */
export function readers(setting) {
  const all = names(setting),
    [rows, columns] = setting.grid ?? [];
  if (!setting.grid) return combinations(all.slice(0, setting.replicas), setting.read);
  return distinct(
    covers(rows, columns).map((cover) => cover.map((row, column) => all[row * columns + column])),
  );
}

/** Every smallest write quorum. */
export function writers(setting) {
  const all = names(setting),
    [rows, columns] = setting.grid ?? [];
  if (!setting.grid) return combinations(all, setting.write);
  return distinct(
    Array.from({ length: columns }, (_, column) => column).flatMap((full) =>
      covers(rows, columns).map((cover) =>
        all.filter(
          (_, at) => at % columns === full || cover[at % columns] === Math.floor(at / columns),
        ),
      ),
    ),
  );
}

/** A read and a write quorum that meet in as few replicas as any. */
export function example(setting) {
  if (setting.grid) return [readers(setting)[0], writers(setting).at(-1)];
  const all = names(setting);
  return [all.slice(0, setting.read), all.slice(-setting.write)];
}

export function meet(one, other) {
  return one.filter((name) => other.includes(name));
}

export function counts(setting) {
  if (setting.grid) return enumerated(setting);
  const { replicas: home, read, write, failed } = setting,
    nodes = home + setting.spares;
  const reads = choose(home, read),
    writes = choose(nodes, write),
    down = failed.filter((name) => name.startsWith("n")).length;
  return {
    readers: reads,
    writers: writes,
    met: reads * writes - reads * choose(nodes - read, write),
    pairs: reads * writes,
    writes_met: choose(writes, 2) - (writes * choose(nodes - write, write)) / 2,
    write_pairs: choose(writes, 2),
    least: Math.max(0, read + write - nodes),
    readers_left: choose(home - down, read),
    writers_left: choose(nodes - failed.length, write),
  };
}

function enumerated(setting) {
  const bit = new Map(names(setting).map((name, at) => [name, 1 << at])),
    mask = (set) => set.reduce((sum, name) => sum | bit.get(name), 0);
  const reads = readers(setting).map(mask),
    writes = writers(setting).map(mask),
    failed = mask(setting.failed),
    size = (set) => set.toString(2).replaceAll("0", "").length;
  const found = {
    readers: reads.length,
    writers: writes.length,
    met: 0,
    pairs: reads.length * writes.length,
    writes_met: 0,
    write_pairs: choose(writes.length, 2),
    least: Infinity,
  };
  for (const read of reads) {
    for (const write of writes) {
      if (read & write) found.met++;
      found.least = Math.min(found.least, size(read & write));
    }
  }
  writes.forEach((one, at) => {
    for (const other of writes.slice(at + 1)) if (one & other) found.writes_met++;
  });
  return {
    ...found,
    readers_left: reads.filter((set) => !(set & failed)).length,
    writers_left: writes.filter((set) => !(set & failed)).length,
  };
}

// Words.

const LIMIT =
  "What overlap gives: a read that begins after a write has returned asks at " +
  "least one replica that stored this write. What it doesn't give is " +
  "linearizability: of a write that is under way, or was given up halfway, one " +
  "read may find the value and a later read miss it, unless reads write back " +
  "what they find (Attiya, Bar-Noy and Dolev 1995); and which of two values is " +
  "newer, versions must say.";
const MISSES =
  "A read that begins after a write has returned may ask only replicas that " +
  "never heard of this write.";

const big = (count) => count.toLocaleString("en");
const number = (count, noun) => `${big(count)} ${noun}${count === 1 ? "" : "s"}`;
export const set = (some) => `{${some.join(" ")}}`;

/**
 * What the counts say, one sentence or two each: reads with writes, writes with writes, failures,
 * and what follows.
 */
export function sentences(setting) {
  const found = counts(setting),
    all = found.met === found.pairs;
  return [
    readsMeet(setting, found, all),
    writesMeet(found),
    failures(setting, found),
    all ? LIMIT : MISSES,
  ];
}

function readsMeet(setting, found, all) {
  const pairs = number(found.pairs, "pair"),
    both = "of a read and a write quorum";
  if (setting.grid)
    return (
      `All ${pairs} ${both} meet: a write has a whole column, and a read has one ` +
      "replica of it."
    );
  const rule =
    `R + W = ${setting.read + setting.write} is ${all ? "" : "not "}more than N` +
    `${setting.spares ? " + spares" : ""} = ${setting.replicas + setting.spares}`;
  if (all)
    return `${rule}: all ${pairs} ${both} meet, in ${number(found.least, "replica")} or more.`;
  const [read, write] = example(setting).map(set);
  return (
    `${rule}: of ${pairs} ${both}, ${big(found.pairs - found.met)} don't meet, ` +
    `such as ${read} and ${write}.`
  );
}

function writesMeet(found) {
  if (!found.write_pairs) return "There is only one write quorum.";
  const pairs = number(found.write_pairs, "pair");
  return found.writes_met === found.write_pairs
    ? `All ${pairs} of two write quorums meet, so of two writes at once some replica sees both.`
    : `Of ${pairs} of two write quorums, ${big(found.writes_met)} meet: of two ` +
        "writes at once, perhaps no replica sees both.";
}

function failures(setting, found) {
  const { failed, grid } = setting;
  if (failed.length)
    return (
      `With ${set(failed)} failed, ${big(found.readers_left)} of ` +
      `${number(found.readers, "read quorum")} and ${big(found.writers_left)} of ` +
      `${number(found.writers, "write quorum")} are left.`
    );
  if (grid)
    return (
      `One failure in each column, ${grid[1]} in all, stops every write; the failure ` +
      `of a whole column, ${grid[0]} in all, stops every read and write.`
    );
  return (
    `Reads survive any ${number(setting.replicas - setting.read, "failure")}, ` +
    `writes any ${setting.replicas + setting.spares - setting.write}.`
  );
}
