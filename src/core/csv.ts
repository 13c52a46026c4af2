export type CsvCell = string | number | boolean | null | undefined;

/**
 * One line of CSV (RFC 4180), its end included. What a spreadsheet would take for a formula, a cell that
 * begins with = + - @ or a control character, gets an apostrophe in front: names in Box are anybody's
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(value: CsvCell): string {
  if (typeof value !== "string") return value === null || value === undefined ? "" : String(value);
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
