import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

/** A few files such as a laboratory drops into Box, made here so that the first page shows something. */
export async function writeSamples(folder: string): Promise<void> {
  const run = join(folder, "Plate reader", "Run 0001");
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "absorbance.csv"), absorbanceCsv());
  await writeFile(join(run, "plate.png"), platePng());
  await writeFile(join(folder, "Certificate of analysis.pdf"), certificatePdf());
}

const ROWS = "ABCDEFGH";
const COLUMNS = 12;

/** A dilution along each row with a little noise that is the same every time. */
function absorbance(row: number, column: number): number {
  const noise = ((row * 31 + column * 17) % 13) / 500;
  return 2.4 / (1 + Math.exp((column - 5 - row / 3) / 1.4)) + 0.05 + noise;
}

function absorbanceCsv(): string {
  const lines = [
    "# Plate reader PR-96; protocol: absorbance 450 nm; plate 0001",
    "well,row,column,wavelength_nm,absorbance",
  ];
  for (const [row, letter] of ROWS.split("").entries())
    for (let column = 0; column < COLUMNS; column++) {
      const value = absorbance(row, column).toFixed(4);
      lines.push(`${letter}${column + 1},${letter},${column + 1},450,${value}`);
    }
  return `${lines.join("\r\n")}\r\n`;
}

/** The plate seen from above: a PNG of round wells, coloured by their absorbance. */
function platePng(): Buffer {
  const cell = 24;
  const width = COLUMNS * cell;
  const height = ROWS.length * cell;
  const pixels = Buffer.alloc((width * 3 + 1) * height, 0xf4);
  for (let y = 0; y < height; y++) {
    pixels[y * (width * 3 + 1)] = 0; // no filter on this line
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(x % cell) - cell / 2, (y % cell) - cell / 2];
      if (dx * dx + dy * dy > 81) continue;
      const depth = absorbance(Math.floor(y / cell), Math.floor(x / cell)) / 2.6;
      const at = y * (width * 3 + 1) + 1 + x * 3;
      pixels[at] = Math.round(250 - 30 * depth);
      pixels[at + 1] = Math.round(235 - 110 * depth);
      pixels[at + 2] = Math.round(190 - 170 * depth);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits a channel, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** One page of text, with the cross-reference table that readers insist on. */
function certificatePdf(): Buffer {
  const lines = [
    "Certificate of analysis",
    "Sample: reference buffer, lot 0001",
    "Absorbance at 450 nm, n = 96: within specification",
    "Released by: sample data of the Longshore sandbox",
  ];
  const text = lines
    .map((line, index) => `1 0 0 1 72 ${740 - index * 26} Tm (${line}) Tj`)
    .join("\n");
  const content = `BT /F1 14 Tf\n${text}\nET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const starts = objects.map((object, index) => {
    const start = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const table = starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  file += `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}
