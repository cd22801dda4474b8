// Draws a bar chart as an SVG that is readable on light and on dark pages.

export interface Bar {
  readonly kind: "ours" | "other" | "wall";
  readonly value: number;
  readonly text: string;
}

export interface Row {
  readonly label: string;
  /** Second line of the label. */
  readonly note?: string;
  readonly bars: readonly Bar[];
}

export interface Section {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly Row[];
}

// In pixels.
const width = 860;
const labelWidth = 250;
const textWidth = 230;
const barHeight = 9;
const barGap = 2;
const rowGap = 10;
const noteGap = 6;
const sectionHeadHeight = 52;
const margin = 16;
const longestBar = width - labelWidth - textWidth - 2 * margin;

const style = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .dim { fill: #59636e; font-size: 11px; }
  .figure { font-size: 10px; }
  .ours { fill: #1a7f37; }
  .other { fill: #8c959f; }
  .wall { fill: #54aeff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .dim { fill: #9198a1; }
    .ours { fill: #3fb950; }
    .other { fill: #6e7681; }
    .wall { fill: #1f6feb; }
  }`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function rowHeight({ bars }: Row): number {
  return bars.length * (barHeight + barGap) + rowGap;
}

function drawSection({ title, subtitle, rows }: Section, top: number): string {
  const longest = Math.max(...rows.flatMap(({ bars }) => bars.map(({ value }) => value)).filter(Number.isFinite));
  const parts = [
    `<text class="title" x="${margin}" y="${top + 20}">${escaped(title)}</text>`,
    `<text class="dim" x="${margin}" y="${top + 38}">${escaped(subtitle)}</text>`,
  ];
  let y = top + sectionHeadHeight;
  for (const row of rows) {
    parts.push(`<text x="${margin}" y="${y + barHeight}">${escaped(row.label)}</text>`);
    if (row.note !== undefined) parts.push(`<text class="dim" x="${margin}" y="${y + 2 * barHeight + noteGap}">${escaped(row.note)}</text>`);
    row.bars.forEach(({ kind, value, text }, index) => {
      const barTop = y + index * (barHeight + barGap);
      const length = Math.max(1, Number.isFinite(value) ? (Math.min(value, longest) / longest) * longestBar : 0);
      const x = margin + labelWidth;
      parts.push(`<rect class="${kind}" x="${x}" y="${barTop}" width="${length.toFixed(1)}" height="${barHeight}" rx="1"/>`);
      parts.push(`<text class="figure" x="${(x + length + 5).toFixed(1)}" y="${barTop + barHeight - 1}">${escaped(text)}</text>`);
    });
    y += rowHeight(row);
  }
  return parts.join("\n");
}

function heightOf({ rows }: Section): number {
  return sectionHeadHeight + rows.reduce((sum, row) => sum + rowHeight(row), 0) + margin;
}

/** Returns a whole SVG document: sections one below the other, and a line at the foot. */
export function barChart(title: string, sections: readonly Section[], foot: string): string {
  let top = margin;
  const drawn = sections.map((section) => {
    const part = drawSection(section, top);
    top += heightOf(section);
    return part;
  });
  const height = top + margin + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    ...drawn,
    `<text class="dim" x="${margin}" y="${top + margin}">${escaped(foot)}</text>`,
    "</svg>\n",
  ].join("\n");
}
