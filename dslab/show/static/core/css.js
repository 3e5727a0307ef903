// A widget's rules stand in a .css file beside its script, which fetches them when it is loaded:
//
//     static style = css(new URL("./logs.css", import.meta.url));
//
// A widget is defined, and a view made, once its rules are here, so that nobody sees it without
// them. In a page that carries all widgets inside, the addresses hold the rules themselves
// (dslab/show/element.py writes them there, and so knows this form of a line).

const texts = new Map();

async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.text();
}

/** The text of stylesheets, one after the other; each address is fetched once. */
export async function css(...addresses) {
  const sheets = addresses.map(String).map((address) => {
    if (!texts.has(address)) texts.set(address, fetched(address));
    return texts.get(address);
  });
  return (await Promise.all(sheets)).join("\n");
}
