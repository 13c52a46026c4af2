export const SKELETON = (name: string) =>
  `{"webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"${name}"}}`;

export interface Vector {
  name: string;
  body: string;
  length: number;
  primary: string;
  /** Where Box published none, ours is used. */
  secondary?: string;
  keys?: { primary: string; secondary: string };
  timestamp?: string;
}

/** Published by Box with its SDKs (Node 3, TypeScript, Python, Java), keys included. */
export const VECTORS: Vector[] = [
  {
    name: "plain text",
    body: `{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}`,
    length: 141,
    primary: "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI=",
    secondary: "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo=",
  },
  {
    name: "Japanese, escaped",
    body: SKELETON(
      String.raw`\u30b9\u30af\u30ea\u30fc\u30f3\u30b7\u30e7\u30c3\u30c8 2020-08-05.txt`,
    ),
    length: 179,
    primary: "LV2uCu+5NJtIHrCXDYgZ0v/PP5THGRuegw3RtdnEyuE=",
    secondary: "mc4dML9F3guEy4hsZgamnHgdFKqal9TnNVisuQnysYk=",
  },
  {
    name: "an emoji, escaped",
    body: SKELETON(String.raw`\ud83d\ude00 2020-08-05.txt`),
    length: 137,
    primary: "xF/SDZosX4le+v4A0Qn59sZhuD1RqY5KRUKzVMSbh0E=",
    secondary: "YD1IK0ZLEuGbtjgMXfq4bIGtuLlNpTsGvZqbbyp3rEE=",
  },
  {
    name: "a carriage return",
    body: SKELETON(String.raw`test \r`),
    length: 117,
    primary: "SVkbKgy3dEEf2PbbzpNu2lDZS7zZ/aboU7HOZgBGrJk=",
  },
  {
    name: "a slash",
    body: SKELETON(String.raw`\/`),
    length: 112,
    primary: "t41PWT5ZB6OcysnD6SDy9Ud+p9hdXxIdXqcdweyZv/Q=",
  },
  {
    name: "a backslash",
    body: SKELETON(String.raw`\\`),
    length: 112,
    primary: "ERpMZwUQsGDTfj82ehdX6VvDZfvOhK5ULNfVmwVAGe0=",
  },
  {
    name: "an address with escaped slashes",
    body: String.raw`{"webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt","shared_link":{"url":"https:\/\/app.test.com\/s\/test123"}}}`,
    length: 177,
    primary: "+hKJH+wxkEBpkQRag11Ij1Wh4+7QrgUeRe0PPSoGWOI=",
  },
  {
    name: "the Python guide's example",
    body: SKELETON("Test.txt"),
    length: 118,
    primary: "4KvFa5/unRL8aaqOlnbInTwkOmieZkn1ZVzsAJuRipE=",
    secondary: "yxxwBNk7tFyQSy95/VNKAf1o+j8WMPJuo/KcFc7OS0Q=",
  },
  {
    name: "the Java SDK's example",
    body: `{ "payload" : "test" }`,
    length: 22,
    primary: "R54s9jpedqP/Og92+77Ip8hVtfWjR4pnaJXcvRGafCQ=",
    secondary: "V4b6jfPoCaTpcPvUDaaYLfVC4+DUZ3/B6F0pz44shEE=",
    keys: {
      primary: "faqZQdZ2dbNVaFdPWRsVMjZOC4nVwgp0",
      secondary: "4SidLLVJLIx3L3RAvMhybvvpmJHUd4iD",
    },
    timestamp: "2016-07-08T01:20:32-07:00",
  },
];
