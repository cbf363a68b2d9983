/** Why a file cannot be shown: a title, one sentence, a code, and the figures behind it. */
export class FileFailure extends Error {
  /**
   * @param {string} code as in `E_TRUNCATED`
   * @param {string} title a few words
   * @param {string} sentence cause and what to do
   * @param {[string, string][]} [facts]
   */
  constructor(code, title, sentence, facts = []) {
    super(sentence);
    this.name = "FileFailure";
    this.code = code;
    this.title = title;
    this.facts = facts;
  }
}

/**
 * A file whose parts contradict each other.
 * @param {string} what as in "nodes[3] has two parents"
 */
export function damaged(what) {
  return new FileFailure("E_STRUCTURE", "This file is damaged", `It cannot be shown: ${what}.`);
}
