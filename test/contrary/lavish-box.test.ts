import { contraryJourney } from "./journey.ts";
import { lavish } from "./lavish-box.ts";

contraryJourney("lavish", lavish);
