import { folderId, versionId } from "../../src/core/ids.ts";
import { createFakeBox } from "../support/fake-box.ts";
import { UGLY } from "./scene.ts";

/** The folder that has files and folders in it. */
export const PARENT = "282731048812";

/** A Box to look around in: a lab's folders, or those of somebody who names them badly. */
export function aBox(isUgly: boolean) {
  const box = createFakeBox();
  const root = (id: string, name: string) => box.addFolder(id, name);
  const within = { folderId: PARENT, name: isUgly ? UGLY.long : "Plate reader exports" };
  root(within.folderId, within.name);
  const names = isUgly
    ? [UGLY.script, UGLY.turned, UGLY.control, UGLY.arabic, UGLY.long]
    : ["2026-10", "2026-11", "Calibration", "tmp"];
  for (const [index, name] of names.entries()) {
    root(`5${index}`, name);
    box.addFolder(`6${index}`, name, within);
  }
  const files = isUgly
    ? Object.values(UGLY)
    : ["plate 1.csv", "plate 2.csv", "plate 3.xlsx", "readme.docx", "~$plate 3.xlsx"];
  for (const [index, name] of files.entries())
    box.addFile(`7${index}`, name, {
      parentId: folderId(PARENT),
      version: {
        versionId: versionId(`8${index}`),
        sha1: "a".repeat(40),
        sizeBytes: 48_210 * (index + 1) ** 3,
        name,
        uploadedBy: undefined,
        createdAt: new Date(),
        contentCreatedAt: undefined,
        contentModifiedAt: undefined,
      },
    });
  box.addFile("79", "of which Box tells little.csv", {
    parentId: folderId(PARENT),
    version: undefined,
  });
  return box;
}
