/** Text for a terminal: what could drive it is shown as escapes, but for the characters in `kept`. */
export function printable(text: string, kept = ''): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => (kept.includes(control) ? control : escaped(control)));
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
