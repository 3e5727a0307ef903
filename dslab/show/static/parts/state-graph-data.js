// The states of an exploration as a page holds them.

/** The data as arrays to ask; throws where they don't fit together. */
export function decoded(data) {
  const count = data.layers.reduce((sum, each) => sum + each, 0),
    starts = new Int32Array(count + 1),
    depth = data.layers.flatMap((size, layer) => new Array(size).fill(layer)),
    found = new Int32Array(count).fill(-1);
  const wide = data.variables.length,
    pruned = Object.values(data.pruned).flatMap((pairs) =>
      pairs.filter((_, place) => place % 2 === 0),
    ),
    goals = Object.values(data.goals).flat();
  if (
    !count ||
    data.out.length !== count ||
    data.states.length !== count * wide ||
    data.label.length !== data.to.length
  )
    throw new Error("length");
  for (let number = 0; number < count; number++)
    starts[number + 1] = starts[number] + data.out[number];
  const known = (numbers, limit) =>
    numbers.every((number) => Number.isInteger(number) && number >= 0 && number < limit);
  if (
    starts[count] !== data.to.length ||
    !known(data.to, count) ||
    !known(data.label, data.labels.length) ||
    !known(data.states, data.values.length) ||
    !known([...data.path, ...data.initial, ...data.deadlocks, ...goals, ...pruned], count) ||
    (data.valence && data.valence.of.length !== count)
  )
    throw new Error("numbers");
  for (let one = 0; one < count; one++)
    for (let edge = starts[one]; edge < starts[one + 1]; edge++)
      if (found[data.to[edge]] < 0 && depth[data.to[edge]] === depth[one] + 1)
        found[data.to[edge]] = one;
  const text = (number) =>
    typeof data.values[number] === "string"
      ? data.values[number]
      : data.values[number][0] +
        data.values[number].slice(2).map(text).join(", ") +
        data.values[number][1];
  const value = (number, place) => text(data.states[number * wide + place]);
  const words = (number) =>
    data.variables.map((name, place) => `${name} ${value(number, place)}`).join("; ");
  const edges = function* (one) {
    for (let edge = starts[one]; edge < starts[one + 1]; edge++) yield edge;
  };
  return {
    layers: data.layers,
    count,
    starts,
    depth,
    found,
    to: data.to,
    path: data.path,
    initial: data.initial,
    deadlocks: data.deadlocks,
    valence: data.valence,
    goals,
    value,
    words,
    stubs: [...new Set(pruned)],
    bad: data.path.length && data.rule !== "deadlock" ? data.path.slice(-1) : [],
    stepName: (one, other) =>
      data.labels[data.label[[...edges(one)].find((edge) => data.to[edge] === other)]] ?? "a step",
    into: (number) =>
      depth.flatMap((_, one) =>
        [...edges(one)]
          .filter((edge) => data.to[edge] === number)
          .map((edge) => [one, data.label[edge]]),
      ),
    changes: (one, other) =>
      data.variables
        .map((name, place) => [name, value(one, place), value(other, place)])
        .filter(([, old, now]) => old !== now)
        .map(([name, old, now]) => `${name} ${old} → ${now}`)
        .join("; ") || "nothing that a reader sees changes",
  };
}
