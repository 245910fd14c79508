const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/**
 * Formats a local time like Python's `strftime` in the C locale: names are English whatever the language of the page, since
 * they become part of a prompt. Directives that chat templates have no use for are left as they are.
 * https://docs.python.org/3/library/datetime.html#format-codes
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (directive: string, unpadded: string, code: string) => {
    const text = field(date, code);
    if (text === undefined) return directive;
    return unpadded === '-' ? text.replace(/^0+(?=\d)/, '') : text;
  });
}

function field(date: Date, code: string): string | undefined {
  const hour = date.getHours();
  switch (code) {
    case 'Y': return String(date.getFullYear());
    case 'y': return padded(date.getFullYear() % 100);
    case 'm': return padded(date.getMonth() + 1);
    case 'B': return MONTHS[date.getMonth()];
    case 'b': return MONTHS[date.getMonth()]?.slice(0, 3);
    case 'd': return padded(date.getDate());
    case 'A': return DAYS[date.getDay()];
    case 'a': return DAYS[date.getDay()]?.slice(0, 3);
    case 'H': return padded(hour);
    case 'I': return padded(hour % 12 === 0 ? 12 : hour % 12);
    case 'p': return hour < 12 ? 'AM' : 'PM';
    case 'M': return padded(date.getMinutes());
    case 'S': return padded(date.getSeconds());
    case '%': return '%';
    default: return undefined;
  }
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}
