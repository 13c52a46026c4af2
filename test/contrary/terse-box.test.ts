import { contraryJourney } from "./journey.ts";
import { terse } from "./terse-box.ts";

contraryJourney("terse", terse);
