<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>advice</name>
    <message>
        <source>Pain {pain} of 10, above your limit of {limit}</source>
        <translation>Schmerz {pain} von 10, über Ihrer Grenze von {limit}</translation>
    </message>
    <message>
        <source>Do not exercise now</source>
        <translation>Jetzt bitte nicht üben</translation>
    </message>
    <message>
        <source>Better ask first</source>
        <translation>Fragen Sie zuerst nach</translation>
    </message>
    <message>
        <source>Get medical help if it does not pass, and tell your therapist.</source>
        <translation>Holen Sie ärztliche Hilfe, wenn es nicht vergeht, und sagen Sie es Ihrer Therapeutin oder Ihrem Therapeuten.</translation>
    </message>
    <message>
        <source>Speak to your therapist before you go on.</source>
        <translation>Sprechen Sie mit Ihrer Therapeutin oder Ihrem Therapeuten, bevor Sie weitermachen.</translation>
    </message>
    <message>
        <source>What you told us</source>
        <translation>Ihre Angaben</translation>
    </message>
    <message>
        <source>Not today</source>
        <translation>Heute nicht</translation>
    </message>
    <message>
        <source>My therapist said it is fine</source>
        <translation>Mit der Therapie abgesprochen</translation>
    </message>
</context>
<context>
    <name>below</name>
    <message>
        <source>Stand still</source>
        <translation>Still stehen</translation>
    </message>
    <message>
        <source>Upright, both feet on the floor, for two seconds.</source>
        <translation>Aufrecht, beide Füße am Boden, zwei Sekunden lang.</translation>
    </message>
    <message>
        <source>Two seconds, to check the calibration from last time.</source>
        <translation>Zwei Sekunden, um die Kalibrierung vom letzten Mal zu prüfen.</translation>
    </message>
    <message>
        <source>Hold still</source>
        <translation>Ruhig halten</translation>
    </message>
    <message>
        <source>Stand on both feet, arms at your sides.</source>
        <translation>Stehen Sie auf beiden Füßen, die Arme hängen.</translation>
    </message>
    <message>
        <source>Lift the knee</source>
        <translation>Knie heben</translation>
    </message>
    <message>
        <source>As high as the hip. Then put the foot back down.</source>
        <translation>So hoch wie die Hüfte. Dann den Fuß wieder abstellen.</translation>
    </message>
    <message>
        <source>One more</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Lift higher</source>
        <translation>Höher heben</translation>
    </message>
    <message>
        <source>The thigh should be almost level. Once more.</source>
        <translation>Der Oberschenkel soll fast waagrecht sein. Noch einmal.</translation>
    </message>
    <message>
        <source>Straight to the front</source>
        <translation>Gerade nach vorn</translation>
    </message>
    <message>
        <source>The knee went sideways. Once more.</source>
        <translation>Das Knie ging zur Seite. Noch einmal.</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>Langsamer</translation>
    </message>
    <message>
        <source>Lift the knee calmly, a second up and a second down.</source>
        <translation>Heben Sie das Knie ruhig: eine Sekunde hoch, eine Sekunde ab.</translation>
    </message>
    <message>
        <source>In one go</source>
        <translation>In einem Zug</translation>
    </message>
    <message>
        <source>Up and down again without a stop. Once more.</source>
        <translation>Hoch und wieder ab ohne Halt. Noch einmal.</translation>
    </message>
    <message>
        <source>Put the foot down</source>
        <translation>Fuß abstellen</translation>
    </message>
    <message>
        <source>Back to where it was, leg straight.</source>
        <translation>Zurück an seinen Platz, Bein gestreckt.</translation>
    </message>
    <message>
        <source>Lift the other knee</source>
        <translation>Anderes Knie heben</translation>
    </message>
    <message>
        <source>The leg with the sensor has hardly moved.</source>
        <translation>Das Bein mit dem Sensor hat sich kaum bewegt.</translation>
    </message>
    <message>
        <source>Stand upright</source>
        <translation>Aufrecht stehen</translation>
    </message>
    <message>
        <source>That was not a knee lift from standing. Begin again: stand still.</source>
        <translation>Das war kein Knieheben aus dem Stand. Von vorn: still stehen.</translation>
    </message>
    <message>
        <source>Turn the sensor</source>
        <translation>Sensor drehen</translation>
    </message>
    <message>
        <source>It has moved on the leg. Lay it flat on the thigh, tighten the strap, stand still.</source>
        <translation>Er ist verrutscht. Legen Sie ihn flach auf den Oberschenkel, Gurt festziehen, still stehen.</translation>
    </message>
    <message>
        <source>Calibrate again</source>
        <translation>Neu kalibrieren</translation>
    </message>
    <message>
        <source>The sensor sits differently from last time.</source>
        <translation>Der Sensor sitzt anders als beim letzten Mal.</translation>
    </message>
    <message>
        <source>Go slowly</source>
        <translation>Langsam vorgehen</translation>
    </message>
    <message>
        <source>This sensor has no working gyroscope. Stand still first.</source>
        <translation>Dieser Sensor hat kein funktionierendes Gyroskop. Stehen Sie zuerst still.</translation>
    </message>
    <message>
        <source>Signal lost</source>
        <translation>Kein Signal</translation>
    </message>
    <message>
        <source>The sensor sent nothing for a moment. Once more.</source>
        <translation>Der Sensor hat kurz nichts gesendet. Noch einmal.</translation>
    </message>
    <message>
        <source>Good</source>
        <translation>Gut</translation>
    </message>
    <message>
        <source>The sensor is calibrated.</source>
        <translation>Der Sensor ist kalibriert.</translation>
    </message>
    <message>
        <source>The leg is turning. Stand on both feet.</source>
        <translation>Das Bein dreht sich. Stehen Sie auf beiden Füßen.</translation>
    </message>
    <message>
        <source>The sensor is shaking. Take your hands off it.</source>
        <translation>Der Sensor wackelt. Nehmen Sie die Hände weg.</translation>
    </message>
    <message>
        <source>The leg is leaning over. Stand upright.</source>
        <translation>Das Bein steht schräg. Stehen Sie aufrecht.</translation>
    </message>
    <message>
        <source>Bluetooth is switched off; switch it on and try again</source>
        <translation>Bluetooth ist ausgeschaltet; bitte schalten Sie es ein</translation>
    </message>
    <message>
        <source>This computer has no Bluetooth adapter; plug one in and try again</source>
        <translation>Dieser Computer hat kein Bluetooth; stecken Sie einen Adapter ein</translation>
    </message>
    <message>
        <source>This computer&apos;s Bluetooth adapter has no Bluetooth Low Energy; plug in a newer one</source>
        <translation>Der Bluetooth-Adapter dieses Computers kann kein Bluetooth Low Energy; stecken Sie einen neueren ein</translation>
    </message>
    <message>
        <source>The system&apos;s Bluetooth service is not running; start it (Linux: BlueZ and D-Bus) and try again</source>
        <translation>Der Bluetooth-Dienst des Systems läuft nicht; starten Sie ihn (Linux: BlueZ und D-Bus)</translation>
    </message>
    <message>
        <source>The system does not let this program use Bluetooth; allow it in the privacy settings and try again</source>
        <translation>Das System lässt dieses Programm nicht an Bluetooth; erlauben Sie es in den Datenschutz-Einstellungen</translation>
    </message>
    <message>
        <source>No sound: no sound output was found.</source>
        <translation>Kein Ton: Es wurde keine Tonausgabe gefunden.</translation>
    </message>
    <message>
        <source>The sound output has gone: the set goes on without sounds.</source>
        <translation>Die Tonausgabe ist weg: Der Satz geht ohne Töne weiter.</translation>
    </message>
    <message>
        <source>The spoken words could not be read: tones instead. Install the program again.</source>
        <translation>Die gesprochenen Wörter konnten nicht gelesen werden: stattdessen Töne. Das Programm neu installieren.</translation>
    </message>
    <message>
        <source>No sound: the PortAudio library is missing.</source>
        <translation>Kein Ton: Die Bibliothek PortAudio fehlt.</translation>
    </message>
    <message>
        <source>No sound: the computer&apos;s sound does not start.</source>
        <translation>Kein Ton: Der Ton des Computers startet nicht.</translation>
    </message>
    <message>
        <source>The calibration from last time fits. If the sensor may have turned round the leg, check by a lift.</source>
        <translation>Die Kalibrierung vom letzten Mal passt. Falls sich der Sensor ums Bein gedreht haben kann, prüfen Sie mit Knieheben.</translation>
    </message>
    <message>
        <source>the sensor may have moved while the link was lost</source>
        <translation>der Sensor kann sich ohne Verbindung bewegt haben</translation>
    </message>
    <message>
        <source>You stopped because of pain. Say first that you go on.</source>
        <translation>Sie haben wegen Schmerzen aufgehört. Bestätigen Sie zuerst, dass Sie weitermachen.</translation>
    </message>
    <message>
        <source>The sensor seems to have moved on the leg while the signal was lost: nothing is measured. Check it by a lift, or calibrate again.</source>
        <translation>Der Sensor scheint ohne Signal verrutscht zu sein: Nichts wird gemessen. Prüfen Sie mit Knieheben oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>The sensor seems to have moved on the leg while the signal was lost: nothing is measured. Stop the set, then check it by a lift, or calibrate again.</source>
        <translation>Der Sensor scheint ohne Signal verrutscht zu sein: Nichts wird gemessen. Beenden Sie den Satz und prüfen Sie mit Knieheben.</translation>
    </message>
    <message>
        <source>Stop the set before you calibrate again.</source>
        <translation>Beenden Sie den Satz, bevor Sie neu kalibrieren.</translation>
    </message>
    <message>
        <source>Wait until the sensor sends data, then calibrate.</source>
        <translation>Warten Sie, bis der Sensor Daten sendet, dann kalibrieren Sie.</translation>
    </message>
    <message>
        <source>Finish the calibration first.</source>
        <translation>Beenden Sie zuerst die Kalibrierung.</translation>
    </message>
    <message>
        <source>Calibrate first: it takes about ten seconds.</source>
        <translation>Zuerst kalibrieren: Das dauert etwa zehn Sekunden.</translation>
    </message>
    <message>
        <source>Wait until the sensor sends data, then start the set.</source>
        <translation>Warten Sie, bis der Sensor Daten sendet, dann starten Sie den Satz.</translation>
    </message>
    <message>
        <source>Pain is a number from 0 to 10.</source>
        <translation>Schmerz ist eine Zahl von 0 bis 10.</translation>
    </message>
    <message>
        <source>Pain is asked after a set.</source>
        <translation>Nach Schmerz wird nach einem Satz gefragt.</translation>
    </message>
    <message>
        <source>Effort is a number from 0 to 10.</source>
        <translation>Anstrengung ist eine Zahl von 0 bis 10.</translation>
    </message>
    <message>
        <source>Effort is asked after a set.</source>
        <translation>Nach der Anstrengung wird nach einem Satz gefragt.</translation>
    </message>
    <message>
        <source>The volume is a number from 0 to 1.</source>
        <translation>Die Lautstärke ist eine Zahl von 0 bis 1.</translation>
    </message>
    <message>
        <source>Samples were lost on their way from the sensor</source>
        <translation>Auf dem Weg vom Sensor gingen Messwerte verloren</translation>
    </message>
    <message>
        <source>the lowering began with the thigh leaning back: the sensor may have tipped</source>
        <translation>das Senken begann mit zurückgeneigtem Oberschenkel: Vielleicht ist der Sensor verrutscht</translation>
    </message>
    <message>
        <source>no samples from {0} s to {1} s, inside the lowering</source>
        <translation>keine Messwerte von {0} s bis {1} s, mitten im Senken</translation>
    </message>
    <message>
        <source>no samples from {0} s to {1} s, where the lift began</source>
        <translation>keine Messwerte von {0} s bis {1} s, wo das Heben begann</translation>
    </message>
    <message>
        <source>The sensor sends {0} samples a second instead of {1}: keep it near, or switch it off and on.</source>
        <translation>Der Sensor sendet {0} Messwerte in der Sekunde statt {1}: halten Sie ihn in der Nähe, oder schalten Sie ihn aus und ein.</translation>
    </message>
    <message>
        <source>The sensor&apos;s rate wanders between {0} and {1} a second instead of {2}: keep it near, or switch it off and on.</source>
        <translation>Die Rate des Sensors schwankt zwischen {0} und {1} in der Sekunde statt {2}: halten Sie ihn in der Nähe, oder schalten Sie ihn aus und ein.</translation>
    </message>
    <message>
        <source>The accelerometer&apos;s x axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die x-Achse des Beschleunigungssensors hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The accelerometer&apos;s y axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die y-Achse des Beschleunigungssensors hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The accelerometer&apos;s z axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die z-Achse des Beschleunigungssensors hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The gyroscope&apos;s x axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die x-Achse des Gyroskops hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The gyroscope&apos;s y axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die y-Achse des Gyroskops hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The gyroscope&apos;s z axis is stuck: it never changes. Use another sensor.</source>
        <translation>Die z-Achse des Gyroskops hängt: Sie ändert sich nie. Nehmen Sie einen anderen Sensor.</translation>
    </message>
    <message>
        <source>The accelerometer stops at {0} m/s2: its range is too narrow for this movement. Choose a wider one.</source>
        <translation>Der Beschleunigungssensor endet bei {0} m/s2: Der Messbereich ist zu klein für diese Bewegung. Wählen Sie einen größeren.</translation>
    </message>
    <message>
        <source>The gyroscope stops at {0} rad/s: its range is too narrow for this movement. Choose a wider one.</source>
        <translation>Das Gyroskop endet bei {0} rad/s: Der Messbereich ist zu klein für diese Bewegung. Wählen Sie einen größeren.</translation>
    </message>
    <message>
        <source>At rest the accelerometer reads {0} g instead of {1} g: its measuring range is not the one it was set to. Switch it off and on.</source>
        <translation>In Ruhe misst der Beschleunigungssensor {0} g statt {1} g: Sein Messbereich ist nicht der eingestellte. Schalten Sie ihn aus und ein.</translation>
    </message>
    <message>
        <source>At rest the accelerometer reads {0} g instead of {1} g: calibrate it with its maker&apos;s app, or use another sensor. Angles are wrong until then.</source>
        <translation>In Ruhe misst der Beschleunigungssensor {0} g statt {1} g: Kalibrieren Sie ihn mit der App des Herstellers, oder nehmen Sie einen anderen Sensor. Bis dahin sind die Winkel falsch.</translation>
    </message>
    <message>
        <source>Looking for the sensor</source>
        <translation>Sensor wird gesucht</translation>
    </message>
    <message>
        <source>Signal lost, reconnecting</source>
        <translation>Kein Signal, wird neu verbunden</translation>
    </message>
    <message>
        <source>Signal lost for {0} s, reconnecting</source>
        <translation>Seit {0} s kein Signal, wird neu verbunden</translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation>Daten kommen an</translation>
    </message>
    <message>
        <source>No more data</source>
        <translation>Keine Daten mehr</translation>
    </message>
    <message>
        <source>The data stream broke off</source>
        <translation>Der Datenstrom ist abgebrochen</translation>
    </message>
    <message>
        <source>The movement was stronger than the sensor can measure</source>
        <translation>Die Bewegung war stärker, als der Sensor messen kann</translation>
    </message>
    <message>
        <source>The program has met an error and stopped measuring. Start it again.</source>
        <translation>Im Programm ist ein Fehler aufgetreten, es misst nicht mehr. Starten Sie es neu.</translation>
    </message>
    <message>
        <source>the gyroscope does not agree with the accelerometer</source>
        <translation>das Gyroskop passt nicht zum Beschleunigungssensor</translation>
    </message>
    <message>
        <source>The gyroscope does not agree with the accelerometer: it is faulty or its values are in another unit. Durations from this recording cannot be trusted.</source>
        <translation>Das Gyroskop passt nicht zum Beschleunigungssensor: Es ist defekt, oder seine Werte haben eine andere Einheit. Auf die Dauern dieser Aufnahme ist kein Verlass.</translation>
    </message>
    <message>
        <source>the accelerometer does not read gravity, 9.81 m/s2 at rest</source>
        <translation>der Beschleunigungssensor misst in Ruhe nicht die Erdanziehung, 9,81 m/s2</translation>
    </message>
    <message>
        <source>The accelerometer does not read gravity, {0} m/s2 at rest: it is faulty or its values are in another unit. Durations from this recording cannot be trusted.</source>
        <translation>Der Beschleunigungssensor misst in Ruhe nicht die Erdanziehung, {0} m/s2: Er ist defekt, oder seine Werte haben eine andere Einheit. Auf die Dauern dieser Aufnahme ist kein Verlass.</translation>
    </message>
    <message>
        <source>The sensor&apos;s battery is low (20 % or less). Charge it before the next session.</source>
        <translation>Der Akku des Sensors ist schwach (höchstens 20 %). Laden Sie ihn vor dem nächsten Mal.</translation>
    </message>
    <message>
        <source>The sensor&apos;s battery is below 10 %: it may not last this session. Charge it soon.</source>
        <translation>Der Akku des Sensors ist unter 10 %: Er reicht vielleicht nicht für heute. Bitte bald laden.</translation>
    </message>
    <message>
        <source>The recording does not reach the disk because the disk is full; what is not saved yet is kept in memory only: free some space, or save the recording somewhere else.</source>
        <translation>Die Aufnahme erreicht die Festplatte nicht, weil sie voll ist; was noch nicht gespeichert ist, ist nur im Arbeitsspeicher: Platz schaffen oder die Aufnahme woanders speichern.</translation>
    </message>
    <message>
        <source>Sudden sharp pain, a pop or a bruise at the back of the thigh</source>
        <translation>Plötzlicher stechender Schmerz, ein Knall oder Bluterguss hinten am Oberschenkel</translation>
    </message>
    <message>
        <source>Pain above the limit of your plan, or pain that rises from repetition to repetition</source>
        <translation>Schmerz über der Grenze Ihres Plans oder Schmerz, der mit jeder Wiederholung zunimmt</translation>
    </message>
    <message>
        <source>Dizziness, chest pain or shortness of breath</source>
        <translation>Schwindel, Schmerz in der Brust oder Atemnot</translation>
    </message>
    <message>
        <source>A cramp, or ankles that come loose in a Nordic</source>
        <translation>Ein Krampf, oder Füße, die sich beim Nordic lösen</translation>
    </message>
    <message>
        <source>Pain at night or at rest that keeps rising</source>
        <translation>Schmerz nachts oder in Ruhe, der zunimmt</translation>
    </message>
    <message>
        <source>Tingling, numbness or weakness, or pain that runs down the leg</source>
        <translation>Kribbeln, Taubheit, Schwäche oder Schmerz, der ins Bein zieht</translation>
    </message>
    <message>
        <source>No improvement although you have been doing less</source>
        <translation>Keine Besserung, obwohl Sie weniger machen</translation>
    </message>
    <message>
        <source>A recent tear, operation or injection of the hamstring</source>
        <translation>Kürzlich Riss, Operation oder Spritze hinten am Oberschenkel</translation>
    </message>
    <message>
        <source>A hurt wrist or shoulder, or knee caps that hurt when you kneel</source>
        <translation>Verletzung an Handgelenk oder Schulter, oder Knieschmerz beim Knien</translation>
    </message>
    <message>
        <source>Pregnancy, or advice against straining because of your eyes or your blood pressure</source>
        <translation>Schwangerschaft, oder Sie sollen wegen Augen oder Blutdruck nicht pressen</translation>
    </message>
    <message>
        <source>Without a plan</source>
        <translation>Ohne Plan</translation>
    </message>
    <message>
        <source>Nordic curl</source>
        <translation>Nordic Curl</translation>
    </message>
    <message>
        <source>Bridge</source>
        <translation>Brücke</translation>
    </message>
    <message>
        <source>Isometric bridge</source>
        <translation>Brücke halten</translation>
    </message>
    <message>
        <source>Published: 5 holds of 45 s (also 4 x 45 s or 3-4 x 20-40 s), once or twice a day, the hip bent 20-30 degrees at most (pages of four clinics; stage 1 in Goom 2016). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 3 s up, 3 s down, 2 min of rest.</source>
        <translation>Veröffentlicht: 5-mal 45 s halten (auch 4 x 45 s oder 3-4 x 20-40 s), ein- bis zweimal täglich, Hüfte höchstens 20-30 Grad gebeugt (Seiten von vier Praxen; Stufe 1 bei Goom 2016). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 3 s hoch, 3 s ab, 2 min Pause.</translation>
    </message>
    <message>
        <source>Published for this: pain stays at 3 of 10 or less, and has settled within 24 h.</source>
        <translation>Veröffentlicht dafür: Der Schmerz bleibt bei höchstens 3 von 10 und ist nach 24 h abgeklungen.</translation>
    </message>
    <message>
        <source>Slow bridge on both legs</source>
        <translation>Langsame Brücke, beide Beine</translation>
    </message>
    <message>
        <source>Published: 4 s up, 2 s hold, 4 s down, 3-5 sets, 2-3 times a week, until 12-15 repetitions are easy (a clinic&apos;s page); other clinics lower for 3 s, 3 x 12 (stage 2 in Goom 2016: from about 15 to 8 repetitions maximum, little bend in the hip). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 3 sets of 12 to begin with, 90 s of rest.</source>
        <translation>Veröffentlicht: 4 s hoch, 2 s halten, 4 s ab, 3-5 Sätze, 2-3-mal pro Woche, bis 12-15 Wiederholungen leichtfallen (Seite einer Praxis); andere senken 3 s lang, 3 x 12 (Stufe 2 bei Goom 2016: von etwa 15 zu 8 möglichen Wiederholungen, Hüfte kaum gebeugt). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 3 Sätze mit 12 zu Beginn, 90 s Pause.</translation>
    </message>
    <message>
        <source>Published for this: 12-15 repetitions are easy.</source>
        <translation>Veröffentlicht dafür: 12-15 Wiederholungen fallen leicht.</translation>
    </message>
    <message>
        <source>Two up, one down</source>
        <translation>Mit zweien hoch, mit einem ab</translation>
    </message>
    <message>
        <source>Published: up on both legs, shift, lower for 3 s on the painful one; 3 x 12, later 3 x 15-20 (two clinics&apos; pages; within stage 2 in Goom 2016). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 2 s up, 1 s to shift, 90 s of rest.</source>
        <translation>Veröffentlicht: mit beiden Beinen hoch, Gewicht verlagern, mit dem schmerzenden 3 s lang ab; 3 x 12, später 3 x 15-20 (Seiten zweier Praxen; innerhalb von Stufe 2 bei Goom 2016). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 2 s hoch, 1 s zum Verlagern, 90 s Pause.</translation>
    </message>
    <message>
        <source>Published for this: 3 sets of 15-20.</source>
        <translation>Veröffentlicht dafür: 3 Sätze mit 15-20.</translation>
    </message>
    <message>
        <source>Single-leg bridge</source>
        <translation>Einbeinige Brücke</translation>
    </message>
    <message>
        <source>Published: 3 s up, 3 s down, 3-4 sets of 6-15, effort 7-8 of 10, two days apart (an open program that cites Goom 2016); the order double, two up one down, single, long lever (pages of four clinics). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 3 sets of 8; 2 min of rest as in heavy slow training of other tendons.</source>
        <translation>Veröffentlicht: 3 s hoch, 3 s ab, 3-4 Sätze mit 6-15, Anstrengung 7-8 von 10, zwei Tage Abstand (ein offenes Programm, das Goom 2016 anführt); die Reihenfolge beidbeinig, mit zweien hoch und einem ab, einbeinig, langer Hebel (Seiten von vier Praxen). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 3 Sätze mit 8; 2 min Pause wie beim schweren langsamen Training anderer Sehnen.</translation>
    </message>
    <message>
        <source>Published for bridges: 12-15 repetitions are easy.</source>
        <translation>Veröffentlicht für Brücken: 12-15 Wiederholungen fallen leicht.</translation>
    </message>
    <message>
        <source>Single-leg bridge, long lever</source>
        <translation>Einbeinige Brücke, langer Hebel</translation>
    </message>
    <message>
        <source>Published: comes after the single-leg bridge (pages of four clinics); the straighter the knee, the more the biceps femoris works (Ho 2020). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: sets, repetitions and tempo, after the single-leg bridge; the knee at 40-60 degrees.</source>
        <translation>Veröffentlicht: kommt nach der einbeinigen Brücke (Seiten von vier Praxen); je gestreckter das Knie, desto mehr arbeitet der Biceps femoris (Ho 2020). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: Sätze, Wiederholungen und Tempo nach der einbeinigen Brücke; das Knie bei 40-60 Grad.</translation>
    </message>
    <message>
        <source>Published for this: enough strength first; a Nordic on a gym ball is a common way in (clinics, Goom).</source>
        <translation>Veröffentlicht dafür: zuerst genug Kraft; ein Nordic auf dem Gymnastikball ist ein üblicher Einstieg (Praxen, Goom).</translation>
    </message>
    <message>
        <source>Assisted Nordic</source>
        <translation>Nordic mit Hilfe</translation>
    </message>
    <message>
        <source>Published: 2 x 5 once in the first week (Oslo Sports Trauma Research Center); 4-5 s down (a home program); help from a band, partner or ball because the full range is too hard for most (Sconce 2015, Alt 2023). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 5 s down, 2 min of rest, and help before the full Nordic.</source>
        <translation>Veröffentlicht: 2 x 5 einmal in der ersten Woche (Oslo Sports Trauma Research Center); 4-5 s ab (ein Heimprogramm); Hilfe durch Band, Partner oder Ball, weil der ganze Weg den meisten zu schwer ist (Sconce 2015, Alt 2023). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 5 s ab, 2 min Pause, und Hilfe vor dem vollen Nordic.</translation>
    </message>
    <message>
        <source>Published: the way down is slow and steady. Proposed here: little help is needed.</source>
        <translation>Veröffentlicht: Der Weg nach unten ist langsam und gleichmäßig. Unser Vorschlag: wenig Hilfe nötig.</translation>
    </message>
    <message>
        <source>Nordic</source>
        <translation>Nordic</translation>
    </message>
    <message>
        <source>Published: 2 x 5 once in the first week, built up to 3 x 12-10-8 three times a week over ten (Oslo Sports Trauma Research Center, Petersen 2011; in athletes without this condition); 4-5 s down (a home program). Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007). Proposed here: 4 s down, 2 min of rest (1 min was enough for trained men).</source>
        <translation>Veröffentlicht: 2 x 5 einmal in der ersten Woche, in zehn Wochen gesteigert auf 3 x 12-10-8 dreimal pro Woche (Oslo Sports Trauma Research Center, Petersen 2011; bei Sportlern ohne dieses Beschwerdebild); 4-5 s ab (ein Heimprogramm). Schmerzgrenze 3: Praxen bei diesem Beschwerdebild; bei der Achillessehne ist 5 erlaubt (Silbernagel 2007). Unser Vorschlag: 4 s ab, 2 min Pause (trainierten Männern genügte 1 min).</translation>
    </message>
    <message>
        <source>How was the pain on the morning after last time? Until it is in, nothing is suggested.</source>
        <translation>Wie war der Schmerz am Morgen nach dem letzten Mal? Solange das fehlt, wird nichts vorgeschlagen.</translation>
    </message>
    <message>
        <source>The last session was red. Usual then is one step down for up to {sessions} sessions, not a stop of everything: talk to your therapist before you go on.</source>
        <translation>Das letzte Mal war rot. Üblich ist dann eine Stufe weniger, bis zu {sessions}-mal, kein Abbruch: Sprechen Sie zuerst mit Ihrer Therapeutin oder Ihrem Therapeuten.</translation>
    </message>
    <message>
        <source>The last session was red. Usual then is less of the same for up to {sessions} sessions, not a stop of everything: talk to your therapist before you go on.</source>
        <translation>Das letzte Mal war rot. Üblich ist dann weniger vom Gleichen, bis zu {sessions}-mal, kein Abbruch: Sprechen Sie zuerst mit Ihrer Therapeutin oder Ihrem Therapeuten.</translation>
    </message>
    <message>
        <source>The last session was amber: usual then is the same plan again, and no next step yet.</source>
        <translation>Das letzte Mal war gelb: Üblich ist dann noch einmal derselbe Plan und noch kein nächster Schritt.</translation>
    </message>
    <message>
        <source>{sessions} sessions green in a row: you may ask your therapist about the next step. {criteria}</source>
        <translation>{sessions}-mal nacheinander grün: Fragen Sie in der Therapie gern nach dem nächsten Schritt. {criteria}</translation>
    </message>
    <message>
        <source>The last session was green: you may ask your therapist about the next step. {criteria}</source>
        <translation>Das letzte Mal war grün: Fragen Sie in der Therapie gern nach dem nächsten Schritt. {criteria}</translation>
    </message>
    <message>
        <source>A phase lasts from the first to the last instant at which the thigh turns faster than 5 deg/s or a quarter of the phase&apos;s own mean speed (pauses left out), whichever is less, on a zero-phase smoothed rate; a stop inside a lowering is part of it.</source>
        <translation>Eine Phase dauert vom ersten bis zum letzten Augenblick, in dem sich der Oberschenkel schneller dreht als 5 Grad/s oder ein Viertel der mittleren Geschwindigkeit der Phase (ohne Pausen), je nachdem, was weniger ist, gemessen an der phasenfrei geglätteten Drehgeschwindigkeit; ein Halt während des Senkens gehört dazu.</translation>
    </message>
    <message>
        <source>Angles and times come from one thigh sensor. It does not see the bend of the hip, the other leg, the force, or whether hands helped. This is a research and training tool, not a medical device; it does not diagnose and does not replace a clinician.</source>
        <translation>Winkel und Zeiten kommen von einem Sensor am Oberschenkel. Er sieht weder die Beugung der Hüfte noch das andere Bein, die Kraft oder ob die Hände geholfen haben. Dies ist ein Werkzeug für Forschung und Training, kein Medizinprodukt; es stellt keine Diagnose und ersetzt keine Fachperson.</translation>
    </message>
    <message>
        <source>on time</source>
        <translation>im Tempo</translation>
    </message>
    <message>
        <source>too fast</source>
        <translation>zu schnell</translation>
    </message>
    <message>
        <source>slower than asked</source>
        <translation>langsamer</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>Slider</source>
        <translation>Slider</translation>
    </message>
    <message>
        <source>{file} is not a recording (an .mcap file)</source>
        <translation>{file} ist keine Aufzeichnung (keine .mcap-Datei)</translation>
    </message>
    <message>
        <source>{file} is not a recording of this program, or nothing of it is left</source>
        <translation>{file} ist keine Aufzeichnung dieses Programms, oder es ist nichts davon übrig</translation>
    </message>
    <message>
        <source>{file} is a folder, not a recording</source>
        <translation>{file} ist ein Ordner, keine Aufzeichnung</translation>
    </message>
    <message>
        <source>{file} is a device, a pipe or a socket, not a recording</source>
        <translation>{file} ist ein Gerät, eine Pipe oder ein Socket, keine Aufzeichnung</translation>
    </message>
    <message>
        <source>{file} is empty</source>
        <translation>{file} ist leer</translation>
    </message>
    <message>
        <source>{file} cannot be opened: {reason}</source>
        <translation>{file} lässt sich nicht öffnen: {reason}</translation>
    </message>
    <message>
        <source>{file} cannot be read: move it away before you correct anything</source>
        <translation>{file} ist nicht lesbar: bitte woandershin legen, bevor etwas korrigiert wird</translation>
    </message>
    <message>
        <source>{file} cannot be read: {reason}</source>
        <translation>{file} lässt sich nicht lesen: {reason}</translation>
    </message>
    <message>
        <source>{file} cannot be trusted: it holds {what}</source>
        <translation>{file} ist nicht zu trauen: Darin stehen {what}</translation>
    </message>
    <message>
        <source>there is no file {file}</source>
        <translation>es gibt keine Datei {file}</translation>
    </message>
    <message>
        <source>there are no samples in {file}: the sensor sent nothing that could be read</source>
        <translation>in {file} sind keine Messwerte: Der Sensor hat nichts gesendet, was lesbar wäre</translation>
    </message>
    <message>
        <source>the recording has format {written}, made by a newer version ({version}); this program reads up to {known}: update it</source>
        <translation>die Aufzeichnung hat das Format {written} einer neueren Version ({version}); dieses Programm liest bis {known}: bitte aktualisieren</translation>
    </message>
    <message>
        <source>{file} is no kind of report: let it end in .pdf, .html or .png</source>
        <translation>{file} ist keine Art von Bericht: Der Name muss mit .pdf, .html oder .png enden</translation>
    </message>
    <message>
        <source>{file} holds the corrections of another recording: move it away</source>
        <translation>{file} enthält die Korrekturen einer anderen Aufzeichnung: bitte woandershin legen</translation>
    </message>
    <message>
        <source>{file} is too large to hold corrections</source>
        <translation>{file} ist zu groß, um Korrekturen zu enthalten</translation>
    </message>
    <message>
        <source>{file} came with the program: copy it to correct it</source>
        <translation>{file} gehört zum Programm: zum Korrigieren bitte kopieren</translation>
    </message>
    <message>
        <source>somebody else has corrected this session meanwhile ({file}): open it again</source>
        <translation>jemand anderes hat dieses Training inzwischen korrigiert ({file}): bitte neu öffnen</translation>
    </message>
    <message>
        <source>another program holds {file}: close it there, then try again</source>
        <translation>ein anderes Programm hält {file} offen: dort schließen, dann noch einmal versuchen</translation>
    </message>
    <message>
        <source>{exercise} at {at} s: no repetition any more</source>
        <translation>{exercise} bei {at} s: keine Wiederholung mehr</translation>
    </message>
    <message>
        <source>{exercise} at {at} s: lowering {before}, now {after}</source>
        <translation>{exercise} bei {at} s: Senken {before}, jetzt {after}</translation>
    </message>
    <message>
        <source>{exercise} at {at} s: a repetition that was not found before, lowering {after}</source>
        <translation>{exercise} bei {at} s: eine Wiederholung, die vorher nicht gefunden wurde, Senken {after}</translation>
    </message>
    <message>
        <source>a phase lasts at least {time} s</source>
        <translation>eine Phase dauert mindestens {time} s</translation>
    </message>
    <message>
        <source>a {exercise} has no phase of this kind</source>
        <translation>diese Art von Phase gibt es hier nicht ({exercise})</translation>
    </message>
    <message>
        <source>no samples from {start} s to {end} s, inside the lowering</source>
        <translation>keine Messwerte von {start} s bis {end} s, mitten im Senken</translation>
    </message>
    <message>
        <source>no samples from {start} s to {end} s, where the lift began</source>
        <translation>keine Messwerte von {start} s bis {end} s, wo das Heben begann</translation>
    </message>
    <message>
        <source>the gyroscope reads over {limit} rad/s</source>
        <translation>das Gyroskop zeigt über {limit} rad/s</translation>
    </message>
    <message>
        <source>the gyroscope turns {times} times faster than the direction of gravity</source>
        <translation>das Gyroskop dreht {times}-mal schneller als die Richtung der Schwerkraft</translation>
    </message>
    <message>
        <source>the gyroscope turns {times} times slower than the direction of gravity</source>
        <translation>das Gyroskop dreht {times}-mal langsamer als die Richtung der Schwerkraft</translation>
    </message>
    <message>
        <source>Only {rate} samples a second: phases may be misjudged below 25.</source>
        <translation>Nur {rate} Messwerte in der Sekunde: unter 25 können Phasen falsch beurteilt werden.</translation>
    </message>
    <message>
        <source>Which way the thigh turns is not certain ({share}): lifting and lowering could be swapped, so no time is given. Stand still for two seconds and lift the knee twice before the exercise.</source>
        <translation>In welche Richtung sich der Oberschenkel dreht, ist nicht sicher ({share}): Heben und Senken könnten vertauscht sein, deshalb wird keine Zeit angegeben. Vor der Übung zwei Sekunden still stehen und das Knie zweimal heben.</translation>
    </message>
    <message>
        <source>Which way the thigh turns is not certain ({share}), so nothing was counted. Name the exercise.</source>
        <translation>In welche Richtung sich der Oberschenkel dreht, ist nicht sicher ({share}), deshalb wurde nichts gezählt. Die Übung angeben.</translation>
    </message>
    <message>
        <source>Which way the thigh turns is not certain ({share}): only large Nordics that clearly turn about the knee count, without a time. Name the exercise.</source>
        <translation>In welche Richtung sich der Oberschenkel dreht, ist nicht sicher ({share}): nur große Nordics, die sich klar um das Knie drehen, zählen, ohne Zeit. Die Übung angeben.</translation>
    </message>
    <message>
        <source>The {sensor}&apos;s {axis} axis is stuck at {value}: it never changes.</source>
        <translation>{sensor}: Die Achse {axis} steht fest bei {value} und ändert sich nie.</translation>
    </message>
    <message>
        <source>The {sensor} is saturated: its {axis} axis stays at the limit of its range, {value}. Choose a wider range.</source>
        <translation>{sensor}: Die Achse {axis} bleibt am Ende ihres Messbereichs, {value}. Einen größeren Bereich wählen.</translation>
    </message>
    <message>
        <source>Corrected by hand by {who}: {changes} changes, the last on {day}.</source>
        <translation>Von Hand korrigiert von {who}: {changes} Änderungen, die letzte am {day}.</translation>
    </message>
    <message>
        <source>Corrected by hand: {changes} changes, the last on {day}.</source>
        <translation>Von Hand korrigiert: {changes} Änderungen, die letzte am {day}.</translation>
    </message>
    <message>
        <source>Corrected by hand by {who}: 1 change, the last on {day}.</source>
        <translation>Von Hand korrigiert von {who}: 1 Änderung am {day}.</translation>
    </message>
    <message>
        <source>Corrected by hand: 1 change, the last on {day}.</source>
        <translation>Von Hand korrigiert: 1 Änderung am {day}.</translation>
    </message>
    <message>
        <source>The corrections lie over a measurement by algorithm version {version}; today&apos;s is {now}.</source>
        <translation>Die Korrekturen liegen über einer Messung der Algorithmus-Version {version}; heute gilt {now}.</translation>
    </message>
    <message>
        <source>Left out by hand: {sets}.</source>
        <translation>Von Hand ausgelassen: {sets}.</translation>
    </message>
    <message>
        <source>{number} corrections fit nothing that is left and were passed over.</source>
        <translation>{number} Korrekturen passen zu nichts mehr und wurden übergangen.</translation>
    </message>
    <message>
        <source>{number} lines of the corrections in {file} are damaged and left out</source>
        <translation>{number} Zeilen der Korrekturen in {file} sind beschädigt und ausgelassen</translation>
    </message>
    <message>
        <source>{number} corrections in {file} are not known to this version: update it</source>
        <translation>{number} Korrekturen in {file} kennt diese Version nicht: bitte aktualisieren</translation>
    </message>
    <message>
        <source>{file} lacks the measurement that its corrections are of: none is shown</source>
        <translation>in {file} fehlt die Messung, zu der die Korrekturen gehören: keine wird gezeigt</translation>
    </message>
    <message>
        <source>Note: {text}</source>
        <translation>Notiz: {text}</translation>
    </message>
    <message>
        <source>Note on set {number}: {text}</source>
        <translation>Notiz zu Satz {number}: {text}</translation>
    </message>
    <message>
        <source>Note on repetition {number} of set {set}: {text}</source>
        <translation>Notiz zu Wiederholung {number} in Satz {set}: {text}</translation>
    </message>
    <message>
        <source>Note on repetitions outside the sets: {text}</source>
        <translation>Notiz zu Wiederholungen außerhalb der Sätze: {text}</translation>
    </message>
    <message>
        <source>SIMULATED person</source>
        <translation>SIMULIERTE Person</translation>
    </message>
    <message>
        <source>there is nothing to undo</source>
        <translation>es gibt nichts rückgängig zu machen</translation>
    </message>
    <message>
        <source>there is nothing to bring back</source>
        <translation>es gibt nichts zurückzuholen</translation>
    </message>
    <message>
        <source>this repetition is no longer there</source>
        <translation>diese Wiederholung gibt es nicht mehr</translation>
    </message>
    <message>
        <source>this set is no longer there</source>
        <translation>diesen Satz gibt es nicht mehr</translation>
    </message>
    <message>
        <source>this phase is no longer there</source>
        <translation>diese Phase gibt es nicht mehr</translation>
    </message>
    <message>
        <source>there is nothing on one side of this place: split inside the repetition</source>
        <translation>auf einer Seite dieser Stelle ist nichts: innerhalb der Wiederholung teilen</translation>
    </message>
    <message>
        <source>only two repetitions of the same set can be merged</source>
        <translation>nur zwei Wiederholungen desselben Satzes lassen sich verbinden</translation>
    </message>
    <message>
        <source>only neighbours of one exercise can be merged</source>
        <translation>nur Nachbarn derselben Übung lassen sich verbinden</translation>
    </message>
    <message>
        <source>a repetition needs at least one phase</source>
        <translation>eine Wiederholung braucht mindestens eine Phase</translation>
    </message>
    <message>
        <source>phases of a repetition follow one another and cannot overlap</source>
        <translation>Phasen einer Wiederholung folgen aufeinander und können sich nicht überlappen</translation>
    </message>
    <message>
        <source>this would reach into another repetition: delete or merge that one first</source>
        <translation>das würde in eine andere Wiederholung reichen: diese zuerst löschen oder verbinden</translation>
    </message>
    <message>
        <source>the recording begins inside the lowering</source>
        <translation>die Aufnahme beginnt mitten im Senken</translation>
    </message>
    <message>
        <source>the recording ends inside the lowering</source>
        <translation>die Aufnahme endet mitten im Senken</translation>
    </message>
    <message>
        <source>{place}; nothing measured is missing</source>
        <translation>{place}; von den Messwerten fehlt nichts</translation>
    </message>
    <message>
        <source>{place}; what came after {since} s is missing</source>
        <translation>{place}; was nach {since} s kam, fehlt</translation>
    </message>
    <message>
        <source>{place}; {what} are missing from {since} s to {until} s</source>
        <translation>{place}; von {since} s bis {until} s fehlen {what}</translation>
    </message>
    <message>
        <source>bytes {start} to {end} cannot be read</source>
        <translation>Bytes {start} bis {end} sind nicht lesbar</translation>
    </message>
    <message>
        <source>{packets} packets and {samples} samples</source>
        <translation>{packets} Pakete und {samples} Messwerte</translation>
    </message>
    <message>
        <source>{packets} packets</source>
        <translation>{packets} Pakete</translation>
    </message>
    <message>
        <source>{samples} samples</source>
        <translation>{samples} Messwerte</translation>
    </message>
    <message>
        <source>samples are missing inside a phase</source>
        <translation>in einer Phase fehlen Messwerte</translation>
    </message>
    <message>
        <source>which way the thigh moved is not certain: stand still and lift the knee twice before the exercise</source>
        <translation>in welche Richtung sich der Oberschenkel bewegte, ist nicht sicher: vor der Übung still stehen und das Knie zweimal heben</translation>
    </message>
    <message>
        <source>no lowering is marked</source>
        <translation>kein Senken ist markiert</translation>
    </message>
    <message>
        <source>accelerometer</source>
        <translation>Beschleunigungssensor</translation>
    </message>
    <message>
        <source>gyroscope</source>
        <translation>Gyroskop</translation>
    </message>
    <message>
        <source>No gyroscope: angles come from the accelerometer alone, with a wider error.</source>
        <translation>Kein Gyroskop: Die Winkel kommen allein vom Beschleunigungssensor, mit größerem Fehler.</translation>
    </message>
    <message>
        <source>The zero of the thigh angle is assumed: no standing pose was recorded.</source>
        <translation>Der Nullpunkt des Oberschenkelwinkels ist angenommen: Es wurde kein Stehen aufgenommen.</translation>
    </message>
    <message>
        <source>How the sensor sits could not be worked out, so nothing was counted.</source>
        <translation>Wie der Sensor sitzt, ließ sich nicht bestimmen, deshalb wurde nichts gezählt.</translation>
    </message>
    <message>
        <source>How the sensor sits could not be worked out, so nothing was counted. Name the exercise, or record two seconds of standing and two knee lifts.</source>
        <translation>Wie der Sensor sitzt, ließ sich nicht bestimmen, deshalb wurde nichts gezählt. Die Übung angeben, oder zwei Sekunden Stehen und zwei Kniehebungen aufnehmen.</translation>
    </message>
    <message>
        <source>After a time without samples the sensor sits on the thigh in another way than before: no repetition from there on has a number. Calibrate again whenever it was put on anew.</source>
        <translation>Nach einer Zeit ohne Messwerte sitzt der Sensor anders am Oberschenkel als vorher: Ab da hat keine Wiederholung eine Zahl. Immer neu kalibrieren, wenn er neu angelegt wurde.</translation>
    </message>
    <message>
        <source>After a time without samples the thigh moved as before, but not as an exercise that can be measured. If the sensor was put on anew, calibrate again.</source>
        <translation>Nach einer Zeit ohne Messwerte bewegte sich der Oberschenkel wie vorher, aber nicht als Übung, die sich messen lässt. Wurde der Sensor neu angelegt, bitte neu kalibrieren.</translation>
    </message>
    <message>
        <source>a part was never written</source>
        <translation>ein Teil wurde nie geschrieben</translation>
    </message>
    <message>
        <source>notes and events</source>
        <translation>Notizen und Ereignisse</translation>
    </message>
    <message>
        <source>the index at its end is cut off</source>
        <translation>das Verzeichnis am Ende ist abgeschnitten</translation>
    </message>
    <message>
        <source>bytes between the blocks have changed</source>
        <translation>Bytes zwischen den Blöcken haben sich geändert</translation>
    </message>
    <message>
        <source>its index is damaged</source>
        <translation>das Verzeichnis ist beschädigt</translation>
    </message>
    <message>
        <source>what was recorded, when and with which sensor is lost</source>
        <translation>was, wann und mit welchem Sensor aufgezeichnet wurde, ist verloren</translation>
    </message>
    <message>
        <source>more unpacked data than a recording can have</source>
        <translation>mehr entpackte Daten, als eine Aufzeichnung haben kann</translation>
    </message>
    <message>
        <source>The recording was not closed in order: up to its last second may be missing.</source>
        <translation>Die Aufnahme wurde nicht ordentlich geschlossen: Bis zu einer Sekunde am Ende kann fehlen.</translation>
    </message>
    <message>
        <source>Red: sudden pain. Stop, and contact your therapist or doctor before you train again.</source>
        <translation>Rot: plötzlicher Schmerz. Aufhören und vor dem nächsten Training mit Therapeut oder Arzt sprechen.</translation>
    </message>
    <message>
        <source>Red: pain {worst} of 10 is above {stop}. Contact your therapist before you train again.</source>
        <translation>Rot: Schmerz {worst} von 10 liegt über {stop}. Vor dem nächsten Training mit dem Therapeuten sprechen.</translation>
    </message>
    <message>
        <source>Waiting: the pain of the morning after is not in yet.</source>
        <translation>Offen: Der Schmerz am Morgen danach fehlt noch.</translation>
    </message>
    <message>
        <source>Red: the pain was not back to usual on the morning after.</source>
        <translation>Rot: Der Schmerz war am Morgen danach nicht wieder wie sonst.</translation>
    </message>
    <message>
        <source>Red: pain {morning} of 10 on the morning after, {before} before the session.</source>
        <translation>Rot: Schmerz {morning} von 10 am Morgen danach, {before} vor dem Training.</translation>
    </message>
    <message>
        <source>Red: pain {worst} of 10 was above the limit of the plan, {limit}.</source>
        <translation>Rot: Schmerz {worst} von 10 lag über der Grenze des Plans, {limit}.</translation>
    </message>
    <message>
        <source>Waiting: the pain of a set was not told.</source>
        <translation>Offen: Der Schmerz eines Satzes wurde nicht angegeben.</translation>
    </message>
    <message>
        <source>Green: pain {worst} of 10 at most ({green} or less), and back to usual on the morning after.</source>
        <translation>Grün: Schmerz höchstens {worst} von 10 ({green} oder weniger), am Morgen danach wieder wie sonst.</translation>
    </message>
    <message>
        <source>Amber: pain {worst} of 10 (more than {green}), back to usual on the morning after.</source>
        <translation>Gelb: Schmerz {worst} von 10 (mehr als {green}), am Morgen danach wieder wie sonst.</translation>
    </message>
    <message>
        <source>lowering time</source>
        <translation>Senkzeit</translation>
    </message>
    <message>
        <source>s</source>
        <translation>s</translation>
    </message>
    <message>
        <source>two raters of a video differ by up to 0.5 s (Rathleff 2013)</source>
        <translation>zwei Beurteiler eines Videos liegen bis zu 0,5 s auseinander (Rathleff 2013)</translation>
    </message>
    <message>
        <source>dose received</source>
        <translation>erreichte Dosis</translation>
    </message>
    <message>
        <source>%</source>
        <translation>%</translation>
    </message>
    <message>
        <source>0.5 s of a lowering of some 3 s</source>
        <translation>0,5 s von rund 3 s Senken</translation>
    </message>
    <message>
        <source>range</source>
        <translation>Umfang</translation>
    </message>
    <message>
        <source>°</source>
        <translation>°</translation>
    </message>
    <message>
        <source>two measurements within 3° each, and rounding: our own choice</source>
        <translation>zwei Messungen mit je 3°, und Rundung: eigene Wahl</translation>
    </message>
    <message>
        <source>break point</source>
        <translation>Abbruch bei</translation>
    </message>
    <message>
        <source>minimal detectable change 7.9° (Lee 2017)</source>
        <translation>kleinste erkennbare Änderung 7,9° (Lee 2017)</translation>
    </message>
    <message>
        <source>control time</source>
        <translation>Kontrollzeit</translation>
    </message>
    <message>
        <source>as the lowering time</source>
        <translation>wie die Senkzeit</translation>
    </message>
    <message>
        <source>worst pain</source>
        <translation>stärkster Schmerz</translation>
    </message>
    <message>
        <source>of 10</source>
        <translation>von 10</translation>
    </message>
    <message>
        <source>a change of two points is noticed (Farrar 2001)</source>
        <translation>zwei Punkte werden bemerkt (Farrar 2001)</translation>
    </message>
    <message>
        <source>pain after</source>
        <translation>Schmerz danach</translation>
    </message>
    <message>
        <source>as the worst pain</source>
        <translation>wie der stärkste Schmerz</translation>
    </message>
    <message>
        <source>pain next morning</source>
        <translation>Schmerz am Morgen</translation>
    </message>
    <message>
        <source>effort</source>
        <translation>Anstrengung</translation>
    </message>
    <message>
        <source>done of the plan</source>
        <translation>vom Plan getan</translation>
    </message>
    <message>
        <source>one repetition of ten: our own choice</source>
        <translation>eine Wiederholung von zehn: eigene Wahl</translation>
    </message>
    <message>
        <source>done of the plan a week</source>
        <translation>vom Plan je Woche</translation>
    </message>
    <message>
        <source>one session of three: our own choice</source>
        <translation>ein Training von dreien: eigene Wahl</translation>
    </message>
    <message>
        <source>lower</source>
        <translation>senken</translation>
    </message>
    <message>
        <source>hold</source>
        <translation>halten</translation>
    </message>
    <message>
        <source>lift</source>
        <translation>heben</translation>
    </message>
    <message>
        <source>return</source>
        <translation>zurück</translation>
    </message>
    <message>
        <source>rest</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>offen</translation>
    </message>
    <message>
        <source>green</source>
        <translation>grün</translation>
    </message>
    <message>
        <source>amber</source>
        <translation>gelb</translation>
    </message>
    <message>
        <source>red</source>
        <translation>rot</translation>
    </message>
    <message>
        <source>nordic</source>
        <translation>Nordic</translation>
    </message>
    <message>
        <source>bridge</source>
        <translation>Brücke</translation>
    </message>
    <message>
        <source>slider</source>
        <translation>Slider</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>both</source>
        <translation>beide</translation>
    </message>
    <message>
        <source>by hand</source>
        <translation>von Hand</translation>
    </message>
    <message>
        <source>partial</source>
        <translation>teilweise</translation>
    </message>
</context>
<context>
    <name>demo</name>
    <message>
        <source>That was a simulated patient</source>
        <translation>Das war eine simulierte Person</translation>
    </message>
    <message>
        <source>Now you lead one through a set, as a patient would see it.</source>
        <translation>Führen Sie nun selbst eine durch einen Satz.</translation>
    </message>
    <message>
        <source>Try it yourself</source>
        <translation>Selbst ausprobieren</translation>
    </message>
</context>
<context>
    <name>exercise</name>
    <message>
        <source>Without a plan</source>
        <translation>Ohne Plan</translation>
    </message>
    <message>
        <source>What will you do?</source>
        <translation>Was möchten Sie üben?</translation>
    </message>
</context>
<context>
    <name>limits</name>
    <message>
        <source>A training aid</source>
        <translation>Eine Trainingshilfe</translation>
    </message>
    <message>
        <source>For training and research, not a medical device. It does not diagnose and does not replace your therapist: they decide.</source>
        <translation>Für Training und Forschung, kein Medizinprodukt. Das Programm stellt keine Diagnose und ersetzt keine Therapie: Dort wird entschieden.</translation>
    </message>
    <message>
        <source>One sensor, one thigh</source>
        <translation>Ein Sensor, ein Oberschenkel</translation>
    </message>
    <message>
        <source>It sees the angle of one thigh and how long you lower. It does not see force, the bend of your hip, or the other leg.</source>
        <translation>Er sieht den Winkel eines Oberschenkels und wie lange Sie senken. Kraft, Hüftbeugung und das andere Bein sieht er nicht.</translation>
    </message>
    <message>
        <source>Stop at once</source>
        <translation>Sofort aufhören</translation>
    </message>
    <message>
        <source>Sudden sharp pain, a pop or a bruise at the back of the thigh, dizziness, chest pain, shortness of breath: stop, and get help.</source>
        <translation>Plötzlicher stechender Schmerz, ein Knall oder Bluterguss hinten am Oberschenkel, Schwindel, Brustschmerz, Atemnot: aufhören und Hilfe holen.</translation>
    </message>
    <message>
        <source>Your data stay here</source>
        <translation>Ihre Daten bleiben hier</translation>
    </message>
    <message>
        <source>Everything is kept on this computer. Nothing is sent anywhere.</source>
        <translation>Alles bleibt auf diesem Computer. Nichts wird verschickt.</translation>
    </message>
    <message>
        <source>About Eccentric</source>
        <translation>Über Eccentric</translation>
    </message>
    <message>
        <source>Good to know</source>
        <translation>Gut zu wissen</translation>
    </message>
    <message>
        <source>Before you begin</source>
        <translation>Bevor Sie beginnen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>I understand</source>
        <translation>Verstanden</translation>
    </message>
</context>
<context>
    <name>morning</name>
    <message>
        <source>Your last session was on {day}. How bad was the pain at its worst on the next morning?</source>
        <translation>Zuletzt haben Sie am {day} geübt. Wie stark war der Schmerz am Morgen danach höchstens?</translation>
    </message>
    <message>
        <source>The morning after</source>
        <translation>Der Morgen danach</translation>
    </message>
    <message>
        <source>As usual</source>
        <translation>Wie sonst</translation>
    </message>
    <message>
        <source>Worse than usual</source>
        <translation>Schlimmer als sonst</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
</context>
<context>
    <name>name</name>
    <message>
        <source>New person</source>
        <translation>Neue Person</translation>
    </message>
    <message>
        <source>What is your name?</source>
        <translation>Wie heißen Sie?</translation>
    </message>
    <message>
        <source>A first name or a number is enough. It stays on this computer.</source>
        <translation>Ein Vorname oder eine Nummer genügt. Er bleibt auf diesem Computer.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
</context>
<context>
    <name>pin</name>
    <message>
        <source>For therapists. The list closes again as soon as a name is chosen.</source>
        <translation>Für Therapeutinnen und Therapeuten. Die Liste schließt sich, sobald ein Name gewählt ist.</translation>
    </message>
    <message>
        <source>That PIN is not right. The next try counts in {seconds} s. If it is forgotten: {command}</source>
        <translation>Diese PIN stimmt nicht. Der nächste Versuch zählt in {seconds} s. Wenn sie vergessen ist: {command}</translation>
    </message>
    <message>
        <source>PIN</source>
        <translation>PIN</translation>
    </message>
    <message>
        <source>Open the list</source>
        <translation>Liste öffnen</translation>
    </message>
</context>
<context>
    <name>plan</name>
    <message>
        <source>{name}, left side</source>
        <translation>{name}, links</translation>
    </message>
    <message>
        <source>{name}, right side</source>
        <translation>{name}, rechts</translation>
    </message>
    <message>
        <source>1 set of {reps}</source>
        <translation>1 Satz mit {reps}</translation>
    </message>
    <message>
        <source>{sets} sets of {reps}</source>
        <translation>{sets} Sätze mit {reps}</translation>
    </message>
    <message>
        <source>lower {seconds} s</source>
        <translation>{seconds} s senken</translation>
    </message>
    <message>
        <source>hold {seconds} s</source>
        <translation>{seconds} s halten</translation>
    </message>
    <message>
        <source>lift {seconds} s</source>
        <translation>{seconds} s heben</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Just a moment …</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Los</translation>
    </message>
    <message>
        <source>Another plan</source>
        <translation>Anderer Plan</translation>
    </message>
    <message>
        <source>No plan yet</source>
        <translation>Noch kein Plan</translation>
    </message>
    <message>
        <source>Choose one to begin with. Your therapist can change every number.</source>
        <translation>Wählen Sie einen zum Anfang. In der Therapie kann jede Zahl geändert werden.</translation>
    </message>
    <message>
        <source>Choose a plan</source>
        <translation>Plan wählen</translation>
    </message>
    <message>
        <source>Start like this</source>
        <translation>So beginnen</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>Which plan?</source>
        <translation>Welcher Plan?</translation>
    </message>
    <message>
        <source>Starting points from published stages. Your therapist decides which one fits.</source>
        <translation>Ausgangspunkte aus veröffentlichten Stufen. Welcher passt, entscheidet Ihre Therapie.</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
</context>
<context>
    <name>report</name>
    <message>
        <source>Eccentric: report of a session</source>
        <translation>Eccentric: Bericht über ein Training</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>not given</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>Eingelesen</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>Datum</translation>
    </message>
    <message>
        <source>not recorded</source>
        <translation>nicht aufgezeichnet</translation>
    </message>
    <message>
        <source>Eccentric {version}, algorithm version {algorithm}</source>
        <translation>Eccentric {version}, Algorithmus-Version {algorithm}</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Sensor</source>
        <translation>Sensor</translation>
    </message>
    <message>
        <source>Done of the plan</source>
        <translation>Vom Plan getan</translation>
    </message>
    <message>
        <source>Made by</source>
        <translation>Erstellt mit</translation>
    </message>
    <message>
        <source>no plan was recorded</source>
        <translation>kein Plan aufgezeichnet</translation>
    </message>
    <message>
        <source>{sets} of {sets_asked} sets, {reps} of {reps_asked} repetitions</source>
        <translation>{sets} von {sets_asked} Sätzen, {reps} von {reps_asked} Wiederholungen</translation>
    </message>
    <message>
        <source>before</source>
        <translation>davor</translation>
    </message>
    <message>
        <source>worst in a set</source>
        <translation>höchstens in einem Satz</translation>
    </message>
    <message>
        <source>after</source>
        <translation>danach</translation>
    </message>
    <message>
        <source>next morning</source>
        <translation>am Morgen darauf</translation>
    </message>
    <message>
        <source>not told</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>back to usual</source>
        <translation>wieder wie sonst</translation>
    </message>
    <message>
        <source>not back to usual</source>
        <translation>nicht wie sonst</translation>
    </message>
    <message>
        <source>Pain, 0 to 10: {scores}.</source>
        <translation>Schmerz, 0 bis 10: {scores}.</translation>
    </message>
    <message>
        <source>The thigh angle over the session, its phases shaded</source>
        <translation>Der Oberschenkelwinkel über das Training, die Phasen hinterlegt</translation>
    </message>
    <message>
        <source>{title}: the sessions over time</source>
        <translation>{title}: die Trainings im Verlauf</translation>
    </message>
    <message>
        <source>Note: {text}</source>
        <translation>Hinweis: {text}</translation>
    </message>
    <message>
        <source>at s</source>
        <translation>bei s</translation>
    </message>
    <message>
        <source>lowering s</source>
        <translation>Senken s</translation>
    </message>
    <message>
        <source>off s</source>
        <translation>± Ziel s</translation>
    </message>
    <message>
        <source>hold s</source>
        <translation>Halten s</translation>
    </message>
    <message>
        <source>lift or return s</source>
        <translation>Heben, zurück s</translation>
    </message>
    <message>
        <source>range</source>
        <translation>Umfang</translation>
    </message>
    <message>
        <source>break at</source>
        <translation>Abbruch</translation>
    </message>
    <message>
        <source>control / fall s</source>
        <translation>Kontrolle / Fall s</translation>
    </message>
    <message>
        <source>Plan: {plan}.</source>
        <translation>Plan: {plan}.</translation>
    </message>
    <message>
        <source>Found from the rests between repetitions; no set was recorded.</source>
        <translation>An den Pausen zwischen den Wiederholungen gefunden; es wurde kein Satz aufgezeichnet.</translation>
    </message>
    <message>
        <source>Outside the sets</source>
        <translation>Außerhalb der Sätze</translation>
    </message>
    <message>
        <source>left side</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right side</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>planned: {exercise}</source>
        <translation>geplant: {exercise}</translation>
    </message>
    <message>
        <source>No repetition</source>
        <translation>Keine Wiederholung</translation>
    </message>
    <message>
        <source>Set {number}: {name}</source>
        <translation>Satz {number}: {name}</translation>
    </message>
    <message>
        <source>lower {time} s</source>
        <translation>senken {time} s</translation>
    </message>
    <message>
        <source>hold {time} s</source>
        <translation>halten {time} s</translation>
    </message>
    <message>
        <source>lift {time} s</source>
        <translation>heben {time} s</translation>
    </message>
    <message>
        <source>rest {time} s</source>
        <translation>Pause {time} s</translation>
    </message>
    <message>
        <source>{sets} set of {reps}: {times}; on time is {shortest} to {longest} s</source>
        <translation>{sets} Satz zu {reps}: {times}; im Tempo sind {shortest} bis {longest} s</translation>
    </message>
    <message>
        <source>{sets} sets of {reps}: {times}; on time is {shortest} to {longest} s</source>
        <translation>{sets} Sätze zu {reps}: {times}; im Tempo sind {shortest} bis {longest} s</translation>
    </message>
    <message>
        <source>; {number} sessions a week</source>
        <translation>; {number} Trainings pro Woche</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>{number} not measured</source>
        <translation>{number} nicht gemessen</translation>
    </message>
    <message>
        <source>{done} of {asked}</source>
        <translation>{done} von {asked}</translation>
    </message>
    <message>
        <source>repetitions</source>
        <translation>Wiederholungen</translation>
    </message>
    <message>
        <source>of {time} s lowering</source>
        <translation>von {time} s Senken</translation>
    </message>
    <message>
        <source>dose received</source>
        <translation>erreichte Dosis</translation>
    </message>
    <message>
        <source>{time} s all moving</source>
        <translation>{time} s bewegt</translation>
    </message>
    <message>
        <source>time under tension</source>
        <translation>Zeit unter Last</translation>
    </message>
    <message>
        <source>{time} s to target</source>
        <translation>{time} s zum Ziel</translation>
    </message>
    <message>
        <source>mean lowering</source>
        <translation>mittleres Senken</translation>
    </message>
    <message>
        <source>off the target</source>
        <translation>neben dem Ziel</translation>
    </message>
    <message>
        <source>on average</source>
        <translation>im Mittel</translation>
    </message>
    <message>
        <source>{score} of 10</source>
        <translation>{score} von 10</translation>
    </message>
    <message>
        <source>over the limit of {limit}</source>
        <translation>über der Grenze {limit}</translation>
    </message>
    <message>
        <source>worst pain</source>
        <translation>stärkster Schmerz</translation>
    </message>
    <message>
        <source>effort</source>
        <translation>Anstrengung</translation>
    </message>
    <message>
        <source>fade</source>
        <translation>Nachlassen</translation>
    </message>
    <message>
        <source>under {number} measured</source>
        <translation>unter {number} gemessen</translation>
    </message>
    <message>
        <source>{percent} % a rep</source>
        <translation>{percent} %/Wdh.</translation>
    </message>
    <message>
        <source>not certain</source>
        <translation>nicht sicher</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>etwa {time}</translation>
    </message>
    <message>
        <source>and {number} more</source>
        <translation>und {number} weitere</translation>
    </message>
    <message>
        <source>{number} gap in the data, {time} s together (at {places}): phases with a gap over 0.1 s in them are not measured.</source>
        <translation>{number} Lücke in den Daten, zusammen {time} s (bei {places}): Phasen mit einer Lücke über 0,1 s sind nicht gemessen.</translation>
    </message>
    <message>
        <source>{number} gaps in the data, {time} s together (at {places}): phases with a gap over 0.1 s in them are not measured.</source>
        <translation>{number} Lücken in den Daten, zusammen {time} s (bei {places}): Phasen mit einer Lücke über 0,1 s sind nicht gemessen.</translation>
    </message>
    <message>
        <source>Dose received: measured lowering time as a share of the prescribed one. Time under tension: sum of the measured lowerings. ± after a time: the true one lies within it in some 94 of 100 repetitions of simulated people; wider where a person is less steady, or starts and stops more gently; “about” where it may be as far off as the time itself is long. It does not cover clothes or a strap that slide, nor a wrong calibration. What was not measured is in no figure; where there is such a repetition, sums are lower limits. Off: lowering less target. Off the target: mean size of that, either way. Fade: robust slope (Theil-Sen) of the lowering time over the set, as a share of its beginning; not certain where it is no more than its own error. Break point of a Nordic: the lean from which the lowering could no longer be resisted; control and fall are the times before and after it. On time: within 0.5 s or 15 % of the target, whichever is more. Algorithm version {version}.</source>
        <translation>Erreichte Dosis: gemessene Senkzeit als Anteil der verordneten. Zeit unter Last: Summe der gemessenen Senkzeiten. ± nach einer Zeit: Die wahre liegt bei rund 94 von 100 Wiederholungen simulierter Personen darin; weiter, wo jemand unruhiger ist oder sanfter beginnt und endet; „etwa“, wo sie so weit daneben liegen kann, wie die Zeit selbst lang ist. Kleidung oder ein Band, das rutscht, und eine falsche Kalibrierung sind darin nicht enthalten. Was nicht gemessen wurde, steht in keiner Zahl; wo es eine solche Wiederholung gibt, sind Summen Untergrenzen. ± Ziel: Senken weniger Ziel. Neben dem Ziel: mittlere Größe davon, in beide Richtungen. Nachlassen: robuste Steigung (Theil-Sen) der Senkzeit über den Satz, als Anteil seines Beginns; nicht sicher, wo es nicht über seinen eigenen Fehler hinausgeht. Abbruchwinkel eines Nordics: die Neigung, ab der das Senken nicht mehr zu bremsen war; Kontrolle und Fall sind die Zeiten davor und danach. Im Tempo: bis 0,5 s oder 15 % neben dem Ziel, je nachdem, was mehr ist. Algorithmus-Version {version}.</translation>
    </message>
    <message>
        <source>thigh angle (0° = upright, positive = hip in front of knee)</source>
        <translation>Oberschenkelwinkel (0° = aufrecht, positiv = Hüfte vor dem Knie)</translation>
    </message>
    <message>
        <source>movement of the thigh (0° = where the first repetition begins)</source>
        <translation>Bewegung des Oberschenkels (0° = Beginn der ersten Wiederholung)</translation>
    </message>
    <message>
        <source>The thigh angle is not known.</source>
        <translation>Der Oberschenkelwinkel ist nicht bekannt.</translation>
    </message>
    <message>
        <source>pain {score}</source>
        <translation>Schmerz {score}</translation>
    </message>
    <message>
        <source>lift or return</source>
        <translation>heben oder zurück</translation>
    </message>
    <message>
        <source>hold</source>
        <translation>halten</translation>
    </message>
    <message>
        <source>lower</source>
        <translation>senken</translation>
    </message>
    <message>
        <source>No repetition was found in this recording.</source>
        <translation>In dieser Aufnahme wurde keine Wiederholung gefunden.</translation>
    </message>
    <message>
        <source>The sessions</source>
        <translation>Die Trainings</translation>
    </message>
    <message>
        <source>Lowering times of hamstring exercises</source>
        <translation>Senkzeiten von Übungen der hinteren Oberschenkelmuskeln</translation>
    </message>
    <message>
        <source>SIMULATED: no person wore this sensor.</source>
        <translation>SIMULIERT: Niemand hat diesen Sensor getragen.</translation>
    </message>
    <message>
        <source>What the figures mean</source>
        <translation>Was die Zahlen bedeuten</translation>
    </message>
    <message>
        <source>Research and training tool, not a medical device.</source>
        <translation>Werkzeug für Forschung und Training, kein Medizinprodukt.</translation>
    </message>
    <message>
        <source>page {number}</source>
        <translation>Seite {number}</translation>
    </message>
    <message>
        <source>SIMULATED</source>
        <translation>SIMULIERT</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeitraum</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Trainings</translation>
    </message>
    <message>
        <source>Eccentric: progress report</source>
        <translation>Eccentric: Verlaufsbericht</translation>
    </message>
    <message>
        <source>Grey: the first session with the error of the measurement; a change is one beyond it only. Green: on time.</source>
        <translation>Grau: das erste Training mit dem Fehler der Messung; erst darüber hinaus ist es eine Änderung. Grün: im Tempo.</translation>
    </message>
    <message>
        <source>{before} to {after}: within error</source>
        <translation>{before} auf {after}: im Fehler</translation>
    </message>
    <message>
        <source>{before} to {after} ({by})</source>
        <translation>{before} auf {after} ({by})</translation>
    </message>
    <message>
        <source>no session</source>
        <translation>kein Training</translation>
    </message>
    <message>
        <source>{first} to {last}</source>
        <translation>{first} bis {last}</translation>
    </message>
    <message>
        <source>{number}, {rate} a week</source>
        <translation>{number}, {rate} in der Woche</translation>
    </message>
    <message>
        <source>exercise</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>A change counts beyond: {limits}.</source>
        <translation>Eine Änderung zählt erst über: {limits}.</translation>
    </message>
    <message>
        <source>Lowering time, range and break point are medians over the repetitions of a session that were measured; dose is the measured lowering time as a share of the prescribed one, and only known where every repetition was measured; done is the number of repetitions as a share of what the plan of the day asked for, and of a week what was done of the sessions that it asks for, in weeks that are over. Algorithm version {version}.</source>
        <translation>Senkzeit, Umfang und Abbruchwinkel sind Mediane über die gemessenen Wiederholungen eines Trainings; die Dosis ist die gemessene Senkzeit als Anteil der verordneten und nur bekannt, wo jede Wiederholung gemessen wurde; getan ist die Zahl der Wiederholungen als Anteil dessen, was der Plan des Tages verlangte, und je Woche, was von den verlangten Trainings getan wurde, in Wochen, die vorbei sind. Algorithmus-Version {version}.</translation>
    </message>
</context>
<context>
    <name>review</name>
    <message>
        <source>within the error</source>
        <translation>im Messfehler</translation>
    </message>
    <message>
        <source>{by}, real</source>
        <translation>{by}, echt</translation>
    </message>
    <message>
        <source>First against last</source>
        <translation>Erste gegen letzte</translation>
    </message>
    <message>
        <source>Left against right</source>
        <translation>Links gegen rechts</translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>There is nothing to compare: choose two sessions of one exercise.</source>
        <translation>Nichts zu vergleichen: zwei Trainings derselben Übung wählen.</translation>
    </message>
    <message>
        <source>SIMULATED</source>
        <translation>SIMULIERT</translation>
    </message>
    <message>
        <source>{number} sessions, {first} to {last} · grey: the error of the measurement; a change is real beyond it only</source>
        <translation>{number} Trainings, {first} bis {last} · grau: der Messfehler; erst darüber hinaus ist eine Änderung echt</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Trainings</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>seconds since the lowering began</source>
        <translation>Sekunden seit Beginn des Senkens</translation>
    </message>
    <message>
        <source>See</source>
        <translation>Ansehen</translation>
    </message>
    <message>
        <source>Correct</source>
        <translation>Korrigieren</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>next repetition</source>
        <translation>nächste Wiederholung</translation>
    </message>
    <message>
        <source>previous repetition</source>
        <translation>vorige Wiederholung</translation>
    </message>
    <message>
        <source>play from the cursor, stop</source>
        <translation>ab der Marke abspielen, anhalten</translation>
    </message>
    <message>
        <source>cursor a tenth of a second back</source>
        <translation>Marke eine Zehntelsekunde zurück</translation>
    </message>
    <message>
        <source>cursor a tenth of a second on</source>
        <translation>Marke eine Zehntelsekunde weiter</translation>
    </message>
    <message>
        <source>zoom in (or the wheel)</source>
        <translation>näher (oder Mausrad)</translation>
    </message>
    <message>
        <source>zoom out</source>
        <translation>weiter weg</translation>
    </message>
    <message>
        <source>fit the chosen repetition</source>
        <translation>gewählte Wiederholung einpassen</translation>
    </message>
    <message>
        <source>the whole session</source>
        <translation>das ganze Training</translation>
    </message>
    <message>
        <source>the lowering begins at the cursor</source>
        <translation>das Absenken beginnt an der Marke</translation>
    </message>
    <message>
        <source>the lowering ends at the cursor</source>
        <translation>das Absenken endet an der Marke</translation>
    </message>
    <message>
        <source>split the repetition at the cursor</source>
        <translation>Wiederholung an der Marke teilen</translation>
    </message>
    <message>
        <source>merge with the next repetition</source>
        <translation>mit der nächsten Wiederholung verbinden</translation>
    </message>
    <message>
        <source>it was no repetition</source>
        <translation>war keine Wiederholung</translation>
    </message>
    <message>
        <source>add: then drag over the lowering</source>
        <translation>hinzufügen: dann über das Senken ziehen</translation>
    </message>
    <message>
        <source>another kind for the phase at the cursor</source>
        <translation>andere Art für die Phase an der Marke</translation>
    </message>
    <message>
        <source>the set was another exercise</source>
        <translation>der Satz war eine andere Übung</translation>
    </message>
    <message>
        <source>the set was the other side</source>
        <translation>der Satz war die andere Seite</translation>
    </message>
    <message>
        <source>leave the set out, or count it again</source>
        <translation>Satz auslassen oder wieder zählen</translation>
    </message>
    <message>
        <source>note on the repetition</source>
        <translation>Notiz zur Wiederholung</translation>
    </message>
    <message>
        <source>note on the set</source>
        <translation>Notiz zum Satz</translation>
    </message>
    <message>
        <source>note on the session</source>
        <translation>Notiz zum Training</translation>
    </message>
    <message>
        <source>undo, without limit</source>
        <translation>rückgängig, ohne Grenze</translation>
    </message>
    <message>
        <source>redo (Ctrl+Y, too)</source>
        <translation>wiederholen (auch Ctrl+Y)</translation>
    </message>
    <message>
        <source>back to what was measured</source>
        <translation>zurück zur Messung</translation>
    </message>
    <message>
        <source>write the report</source>
        <translation>Bericht schreiben</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>open the chosen session</source>
        <translation>gewähltes Training öffnen</translation>
    </message>
    <message>
        <source>in the list: trends, or compare the chosen</source>
        <translation>in der Liste: Verlauf, oder Gewählte vergleichen</translation>
    </message>
    <message>
        <source>in the list: the plan of the person</source>
        <translation>in der Liste: der Plan der Person</translation>
    </message>
    <message>
        <source>back to the list</source>
        <translation>zurück zur Liste</translation>
    </message>
    <message>
        <source>light or dark</source>
        <translation>hell oder dunkel</translation>
    </message>
    <message>
        <source>these keys</source>
        <translation>diese Tasten</translation>
    </message>
    <message>
        <source>Exercise</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>Called</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Leg with the sensor</source>
        <translation>Bein mit dem Sensor</translation>
    </message>
    <message>
        <source>Sets, repetitions</source>
        <translation>Sätze, Wiederholungen</translation>
    </message>
    <message>
        <source>Lower, hold (s)</source>
        <translation>Senken, halten (s)</translation>
    </message>
    <message>
        <source>Lift, rest in between (s)</source>
        <translation>Heben, Pause dazwischen (s)</translation>
    </message>
    <message>
        <source>Rest between sets (s)</source>
        <translation>Pause zwischen Sätzen (s)</translation>
    </message>
    <message>
        <source>Pain limit (0 to 10)</source>
        <translation>Schmerzgrenze (0 bis 10)</translation>
    </message>
    <message>
        <source>Sessions a week</source>
        <translation>Trainings pro Woche</translation>
    </message>
    <message>
        <source>{person}: plan</source>
        <translation>{person}: Plan</translation>
    </message>
    <message>
        <source>Give to {person}</source>
        <translation>An {person} geben</translation>
    </message>
    <message>
        <source>Given. It holds from today on.</source>
        <translation>Gegeben. Er gilt ab heute.</translation>
    </message>
    <message>
        <source>Kept: {path}</source>
        <translation>Aufgehoben: {path}</translation>
    </message>
    <message>
        <source>Exercise {number} of {all}</source>
        <translation>Übung {number} von {all}</translation>
    </message>
    <message>
        <source>Start from …</source>
        <translation>Beginnen mit …</translation>
    </message>
    <message>
        <source>What holds now</source>
        <translation>Was jetzt gilt</translation>
    </message>
    <message>
        <source>own: {title}</source>
        <translation>eigene: {title}</translation>
    </message>
    <message>
        <source>No plan yet. What you give holds from today on.</source>
        <translation>Noch kein Plan. Was Sie geben, gilt ab heute.</translation>
    </message>
    <message>
        <source>{title} holds since {day}. What you change is the plan once you give it.</source>
        <translation>{title} gilt seit {day}. Geändertes gilt, sobald Sie es geben.</translation>
    </message>
    <message>
        <source>Open a file of plans</source>
        <translation>Datei mit Plänen öffnen</translation>
    </message>
    <message>
        <source>Keep as template</source>
        <translation>Als Vorlage aufheben</translation>
    </message>
    <message>
        <source>Open a file</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>Add an exercise</source>
        <translation>Übung dazu</translation>
    </message>
    <message>
        <source>Remove it</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Title of the plan</source>
        <translation>Titel des Plans</translation>
    </message>
    <message>
        <source>What the patient will see</source>
        <translation>Was die Person sehen wird</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>ausgelassen</translation>
    </message>
    <message>
        <source>at s</source>
        <translation>bei s</translation>
    </message>
    <message>
        <source>lower s</source>
        <translation>senken s</translation>
    </message>
    <message>
        <source>off s</source>
        <translation>± Ziel</translation>
    </message>
    <message>
        <source>hold s</source>
        <translation>halten</translation>
    </message>
    <message>
        <source>back s</source>
        <translation>zurück</translation>
    </message>
    <message>
        <source>range °</source>
        <translation>Umfang °</translation>
    </message>
    <message>
        <source>break °</source>
        <translation>Abbr. °</translation>
    </message>
    <message>
        <source>held / fell s</source>
        <translation>Kontr. / Fall</translation>
    </message>
    <message>
        <source>smooth</source>
        <translation>glatt</translation>
    </message>
    <message>
        <source>remarks</source>
        <translation>Bemerkungen</translation>
    </message>
    <message>
        <source>Number in the set, with the sign of its verdict</source>
        <translation>Nummer im Satz, mit dem Zeichen des Urteils</translation>
    </message>
    <message>
        <source>Start, in seconds from the first sample</source>
        <translation>Beginn, in Sekunden ab dem ersten Messwert</translation>
    </message>
    <message>
        <source>Lowering time; ± what the true one may lie away</source>
        <translation>Zeit des Senkens; ± so weit kann die wahre abliegen</translation>
    </message>
    <message>
        <source>Lowering time less the target</source>
        <translation>Zeit des Senkens weniger Ziel</translation>
    </message>
    <message>
        <source>Hold between lift and lowering</source>
        <translation>Halten zwischen Heben und Senken</translation>
    </message>
    <message>
        <source>Lift of a bridge, return of a Nordic</source>
        <translation>Heben einer Brücke, Rückweg eines Nordics</translation>
    </message>
    <message>
        <source>Range of the thigh angle</source>
        <translation>Umfang des Oberschenkelwinkels</translation>
    </message>
    <message>
        <source>Lean at which the lowering broke</source>
        <translation>Neigung, bei der das Senken abbrach</translation>
    </message>
    <message>
        <source>Time under control before, and of the fall after the break point</source>
        <translation>Zeit unter Kontrolle vor und des Falls nach dem Abbruch</translation>
    </message>
    <message>
        <source>Smoothness of the lowering (spectral arc length): closer to 0 is smoother</source>
        <translation>Glätte des Senkens (spektrale Bogenlänge): näher bei 0 ist glatter</translation>
    </message>
    <message>
        <source>Verdict, why there is no number, what was changed, notes</source>
        <translation>Urteil, warum es keine Zahl gibt, was geändert wurde, Notizen</translation>
    </message>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>the recording is damaged</source>
        <translation>die Aufnahme ist beschädigt</translation>
    </message>
    <message>
        <source>no repetition was found</source>
        <translation>keine Wiederholung gefunden</translation>
    </message>
    <message>
        <source>it is nobody&apos;s</source>
        <translation>gehört niemandem</translation>
    </message>
    <message>
        <source>sudden pain</source>
        <translation>plötzlicher Schmerz</translation>
    </message>
    <message>
        <source>pain {worst} of 10, above {stop}</source>
        <translation>Schmerz {worst} von 10, über {stop}</translation>
    </message>
    <message>
        <source>pain not as usual next morning</source>
        <translation>Schmerz am Morgen nicht wie sonst</translation>
    </message>
    <message>
        <source>pain {morning} of 10 next morning, {before} before</source>
        <translation>Schmerz am Morgen {morning} von 10, vorher {before}</translation>
    </message>
    <message>
        <source>pain {worst} of 10, plan: {limit} at most</source>
        <translation>Schmerz {worst} von 10, Plan: höchstens {limit}</translation>
    </message>
    <message>
        <source>when</source>
        <translation>wann</translation>
    </message>
    <message>
        <source>who</source>
        <translation>wer</translation>
    </message>
    <message>
        <source>exercise</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>sets</source>
        <translation>Sätze</translation>
    </message>
    <message>
        <source>reps</source>
        <translation>Wdh.</translation>
    </message>
    <message>
        <source>worst pain</source>
        <translation>Schmerz</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>needs a look because</source>
        <translation>braucht einen Blick, weil</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>Search people</source>
        <translation>Personen suchen</translation>
    </message>
    <message>
        <source>Every exercise</source>
        <translation>Jede Übung</translation>
    </message>
    <message>
        <source>Needs a look</source>
        <translation>Braucht einen Blick</translation>
    </message>
    <message>
        <source>Choose a person first, or more sessions to compare them.</source>
        <translation>Erst eine Person wählen, oder mehrere Trainings zum Vergleichen.</translation>
    </message>
    <message>
        <source>Everybody</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>no session yet</source>
        <translation>noch kein Training</translation>
    </message>
    <message>
        <source>No session fits. Another date, another person?</source>
        <translation>Kein Training passt. Anderes Datum, andere Person?</translation>
    </message>
    <message>
        <source>{number} sessions chosen.</source>
        <translation>{number} Trainings gewählt.</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>to</source>
        <translation>bis</translation>
    </message>
    <message>
        <source>Open (Enter)</source>
        <translation>Öffnen (Enter)</translation>
    </message>
    <message>
        <source>Plan (L)</source>
        <translation>Plan (L)</translation>
    </message>
    <message>
        <source>Trends, or compare (R)</source>
        <translation>Verlauf, Vergleich (R)</translation>
    </message>
    <message>
        <source>{time} s missing</source>
        <translation>{time} s fehlen</translation>
    </message>
    <message>
        <source>Cursor at {place}.</source>
        <translation>Marke bei {place}.</translation>
    </message>
    <message>
        <source>measured anew</source>
        <translation>neu gemessen</translation>
    </message>
    <message>
        <source>This repetition has no lowering.</source>
        <translation>Diese Wiederholung hat kein Absenken.</translation>
    </message>
    <message>
        <source>split</source>
        <translation>geteilt</translation>
    </message>
    <message>
        <source>Put the cursor inside a repetition first: click in the trace.</source>
        <translation>Zuerst die Marke in eine Wiederholung setzen: in die Kurve klicken.</translation>
    </message>
    <message>
        <source>There is no repetition after this one in its set.</source>
        <translation>Nach dieser gibt es in ihrem Satz keine Wiederholung.</translation>
    </message>
    <message>
        <source>merged</source>
        <translation>verbunden</translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>gelöscht</translation>
    </message>
    <message>
        <source>Drag over the lowering of the repetition.</source>
        <translation>Über das Senken der Wiederholung ziehen.</translation>
    </message>
    <message>
        <source>now {kind}</source>
        <translation>jetzt {kind}</translation>
    </message>
    <message>
        <source>Put the cursor into a phase of the chosen repetition first: click in the trace.</source>
        <translation>Zuerst die Marke in eine Phase der gewählten Wiederholung setzen: in die Kurve klicken.</translation>
    </message>
    <message>
        <source>the set is a {exercise} now</source>
        <translation>Übung des Satzes ist jetzt {exercise}</translation>
    </message>
    <message>
        <source>the set is on this side now: {side}</source>
        <translation>Seite des Satzes ist jetzt {side}</translation>
    </message>
    <message>
        <source>Note on this repetition</source>
        <translation>Notiz zu dieser Wiederholung</translation>
    </message>
    <message>
        <source>Note on this set</source>
        <translation>Notiz zu diesem Satz</translation>
    </message>
    <message>
        <source>Note on the session</source>
        <translation>Notiz zum Training</translation>
    </message>
    <message>
        <source>Not done: {reason}.</source>
        <translation>Nicht getan: {reason}.</translation>
    </message>
    <message>
        <source>Not kept: {path} cannot be written ({reason}).</source>
        <translation>Nicht gespeichert: {path} lässt sich nicht schreiben ({reason}).</translation>
    </message>
    <message>
        <source>{done}; kept. Ctrl+Z undoes it.</source>
        <translation>{done}; gespeichert. Strg+Z macht es rückgängig.</translation>
    </message>
    <message>
        <source>Kept.</source>
        <translation>Gespeichert.</translation>
    </message>
    <message>
        <source>Choose a repetition first.</source>
        <translation>Erst eine Wiederholung wählen.</translation>
    </message>
    <message>
        <source>moved</source>
        <translation>verschoben</translation>
    </message>
    <message>
        <source>There is no set that this repetition could belong to.</source>
        <translation>Es gibt keinen Satz, zu dem diese Wiederholung gehören könnte.</translation>
    </message>
    <message>
        <source>added</source>
        <translation>hinzugefügt</translation>
    </message>
    <message>
        <source>: Enter keeps it, Escape leaves it</source>
        <translation>: Enter speichert, Escape verwirft</translation>
    </message>
    <message>
        <source>noted</source>
        <translation>notiert</translation>
    </message>
    <message>
        <source>Playing: {place}. Space stops.</source>
        <translation>Läuft: {place}. Leertaste hält an.</translation>
    </message>
    <message>
        <source>corrected by hand: {times}</source>
        <translation>von Hand korrigiert: {times}</translation>
    </message>
    <message>
        <source>last by {who}</source>
        <translation>zuletzt von {who}</translation>
    </message>
    <message>
        <source>Today&apos;s algorithm: {number} differences. Keep it</source>
        <translation>Heutiger Algorithmus: {number} Unterschiede. Übernehmen</translation>
    </message>
    <message>
        <source>It measures the same.</source>
        <translation>Er misst dasselbe.</translation>
    </message>
    <message>
        <source>As measured</source>
        <translation>Wie gemessen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Teilen</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Dazu</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Side</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>Auslassen</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Note on set</source>
        <translation>Notiz zum Satz</translation>
    </message>
    <message>
        <source>No repetition was found</source>
        <translation>Keine Wiederholung gefunden</translation>
    </message>
    <message>
        <source>sensor</source>
        <translation>Sensor</translation>
    </message>
    <message>
        <source>seconds from the first sample</source>
        <translation>Sekunden ab dem ersten Messwert</translation>
    </message>
    <message>
        <source>{person}: trends</source>
        <translation>{person}: Verlauf</translation>
    </message>
    <message>
        <source>{number} sessions, {first} to {last} · grey: the first one and its error; a change counts beyond it only</source>
        <translation>{number} Trainings, {first} bis {last} · grau: das erste und sein Messfehler; erst darüber zählt eine Änderung</translation>
    </message>
    <message>
        <source>No session yet.</source>
        <translation>Noch kein Training.</translation>
    </message>
    <message>
        <source>Real beyond {limit} {unit}: {source}.</source>
        <translation>Echt ab {limit} {unit}: {source}.</translation>
    </message>
    <message>
        <source>Progress report</source>
        <translation>Verlaufsbericht</translation>
    </message>
    <message>
        <source>Eccentric: review</source>
        <translation>Eccentric: Durchsicht</translation>
    </message>
    <message>
        <source>PIN of a therapist</source>
        <translation>PIN einer Therapeutin oder eines Therapeuten</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>That PIN is not right. The next try counts in {seconds} s. If it is forgotten: {command}</source>
        <translation>Diese PIN stimmt nicht. Der nächste Versuch zählt in {seconds} s. Wenn sie vergessen ist: {command}</translation>
    </message>
    <message>
        <source>The recording is not at {place} any more: `eccentric catalogue rebuild FOLDER` finds it.</source>
        <translation>Die Aufnahme ist nicht mehr hier: {place}. `eccentric catalogue rebuild ORDNER` findet sie.</translation>
    </message>
    <message>
        <source>{file} cannot be opened: {reason}</source>
        <translation>{file} lässt sich nicht öffnen: {reason}</translation>
    </message>
    <message>
        <source>Corrected, but not yet in the catalogue ({reason}): `eccentric catalogue rebuild` does it.</source>
        <translation>Korrigiert, aber noch nicht im Katalog ({reason}): `eccentric catalogue rebuild` holt es nach.</translation>
    </message>
    <message>
        <source>The report was not written: {reason}</source>
        <translation>Der Bericht wurde nicht geschrieben: {reason}</translation>
    </message>
    <message>
        <source>Report: {path}</source>
        <translation>Bericht: {path}</translation>
    </message>
    <message>
        <source>From one thigh sensor. Research and training tool, not a medical device.</source>
        <translation>Von einem Sensor am Oberschenkel. Werkzeug für Forschung und Training, kein Medizinprodukt.</translation>
    </message>
    <message>
        <source>Light or dark (T)</source>
        <translation>Hell oder dunkel (T)</translation>
    </message>
    <message>
        <source>Keys (?)</source>
        <translation>Tasten (?)</translation>
    </message>
    <message>
        <source>Write the report</source>
        <translation>Bericht schreiben</translation>
    </message>
</context>
<context>
    <name>scale</name>
    <message>
        <source>Pain {score} of 10, as usual</source>
        <translation>Schmerz {score} von 10, wie sonst</translation>
    </message>
    <message>
        <source>Pain {score} of 10, worse than usual</source>
        <translation>Schmerz {score} von 10, schlimmer als sonst</translation>
    </message>
    <message>
        <source>no pain</source>
        <translation>kein Schmerz</translation>
    </message>
    <message>
        <source>worst pain imaginable</source>
        <translation>stärkster vorstellbarer Schmerz</translation>
    </message>
    <message>
        <source>Pain {score} of 10</source>
        <translation>Schmerz {score} von 10</translation>
    </message>
    <message>
        <source>Effort {score} of 10</source>
        <translation>Anstrengung {score} von 10</translation>
    </message>
    <message>
        <source>no effort</source>
        <translation>keine Anstrengung</translation>
    </message>
    <message>
        <source>as hard as it gets</source>
        <translation>so schwer wie möglich</translation>
    </message>
</context>
<context>
    <name>sensor</name>
    <message>
        <source>Another sensor</source>
        <translation>Anderer Sensor</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Links</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>Rechts</translation>
    </message>
    <message>
        <source>Front of the thigh, a hand&apos;s width above the knee</source>
        <translation>Vorn am Oberschenkel, eine Handbreit über dem Knie</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Which leg?</source>
        <translation>Welches Bein?</translation>
    </message>
    <message>
        <source>Tap the leg that wears the sensor, or go to it with ← → or a clicker&apos;s back key.</source>
        <translation>Das Bein mit dem Sensor antippen, oder mit ← → oder der Zurück-Taste eines Klickers ansteuern.</translation>
    </message>
    <message>
        <source>No Bluetooth</source>
        <translation>Kein Bluetooth</translation>
    </message>
    <message>
        <source>Tap the one that you are wearing.</source>
        <translation>Tippen Sie auf den, den Sie tragen.</translation>
    </message>
    <message>
        <source>Hold yours close to the computer and tap the one with the best signal.</source>
        <translation>Ihren nah an den Computer halten, den mit dem besten Signal antippen.</translation>
    </message>
    <message>
        <source>{name} of last time is not in reach. Switch it on, or tap another one.</source>
        <translation>{name} vom letzten Mal ist nicht in Reichweite. Schalten Sie ihn ein oder tippen Sie auf einen anderen.</translation>
    </message>
    <message>
        <source>Which sensor?</source>
        <translation>Welcher Sensor?</translation>
    </message>
    <message>
        <source>No sensor found</source>
        <translation>Kein Sensor gefunden</translation>
    </message>
    <message>
        <source>Is it switched on and charged? Is a phone connected to it? The search goes on by itself.</source>
        <translation>Ist er eingeschaltet und geladen? Ist ein Handy damit verbunden? Die Suche läuft von selbst weiter.</translation>
    </message>
    <message>
        <source>Looking for the sensor</source>
        <translation>Sensor wird gesucht</translation>
    </message>
    <message>
        <source>Switch it on and strap it to the thigh.</source>
        <translation>Schalten Sie ihn ein und schnallen Sie ihn um den Oberschenkel.</translation>
    </message>
    <message>
        <source>Battery nearly empty</source>
        <translation>Akku fast leer</translation>
    </message>
    <message>
        <source>It may not last this session. Charge it first if you can.</source>
        <translation>Er reicht vielleicht nicht für heute. Laden Sie ihn möglichst vorher.</translation>
    </message>
    <message>
        <source>Sensor ready</source>
        <translation>Sensor bereit</translation>
    </message>
    <message>
        <source>Its battery is low: charge it before the next session.</source>
        <translation>Der Akku ist schwach: Laden Sie ihn vor dem nächsten Mal.</translation>
    </message>
    <message>
        <source>Signal lost</source>
        <translation>Kein Signal</translation>
    </message>
    <message>
        <source>Keep the sensor close and switched on. It is being looked for.</source>
        <translation>Lassen Sie den Sensor eingeschaltet und in der Nähe. Er wird gesucht.</translation>
    </message>
    <message>
        <source>No connection</source>
        <translation>Keine Verbindung</translation>
    </message>
    <message>
        <source>Switch the sensor off and on, then choose it again.</source>
        <translation>Schalten Sie den Sensor aus und ein und wählen Sie ihn neu.</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>This takes a few seconds.</source>
        <translation>Das dauert ein paar Sekunden.</translation>
    </message>
    <message>
        <source>found</source>
        <translation>gefunden</translation>
    </message>
    <message>
        <source>{name} (simulated)</source>
        <translation>{name} (simuliert)</translation>
    </message>
    <message>
        <source>connected</source>
        <translation>verbunden</translation>
    </message>
    <message>
        <source>no signal</source>
        <translation>kein Signal</translation>
    </message>
    <message>
        <source>connecting …</source>
        <translation>verbindet …</translation>
    </message>
    <message>
        <source>Address ends in {end}, signal {dbm} dBm</source>
        <translation>Adresse endet auf {end}, Signal {dbm} dBm</translation>
    </message>
    <message>
        <source>last time</source>
        <translation>letztes Mal</translation>
    </message>
</context>
<context>
    <name>session</name>
    <message>
        <source>Just a moment …</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Calibrate anew</source>
        <translation>Neu kalibrieren</translation>
    </message>
    <message>
        <source>Not calibrated yet.</source>
        <translation>Noch nicht kalibriert.</translation>
    </message>
    <message>
        <source>Kneel upright, feet held firmly, hands free.</source>
        <translation>Knien Sie aufrecht, Füße fest gehalten, Hände frei.</translation>
    </message>
    <message>
        <source>Lie on your back, knees bent, feet flat.</source>
        <translation>Legen Sie sich auf den Rücken, Knie gebeugt, Füße flach.</translation>
    </message>
    <message>
        <source>{place} Hold still, and the set starts by itself.</source>
        <translation>{place} Halten Sie still, dann beginnt der Satz von selbst.</translation>
    </message>
    <message>
        <source>Get ready</source>
        <translation>Machen Sie sich bereit</translation>
    </message>
    <message>
        <source>Warm up</source>
        <translation>Aufwärmen</translation>
    </message>
    <message>
        <source>Two easy minutes: walk, bend, do slow bridges. Then: {place}</source>
        <translation>Zwei leichte Minuten: gehen, beugen, langsame Brücken. Dann: {place}</translation>
    </message>
    <message>
        <source>Start set {number}</source>
        <translation>Satz {number} starten</translation>
    </message>
    <message>
        <source>Check by a lift</source>
        <translation>Mit Knieheben prüfen</translation>
    </message>
    <message>
        <source>{count} of {reps} repetitions</source>
        <translation>{count} von {reps} Wiederholungen</translation>
    </message>
    <message>
        <source>held {seconds} s on average</source>
        <translation>im Mittel {seconds} s gehalten</translation>
    </message>
    <message>
        <source>{seconds} s on average</source>
        <translation>im Mittel {seconds} s</translation>
    </message>
    <message>
        <source>Worst pain in this set?</source>
        <translation>Stärkster Schmerz in diesem Satz?</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
    <message>
        <source>How hard was it?</source>
        <translation>Wie anstrengend war es?</translation>
    </message>
    <message>
        <source>{exercise}  ·  set {number} of {sets}</source>
        <translation>{exercise}  ·  Satz {number} von {sets}</translation>
    </message>
    <message>
        <source>Next: {exercise}, {amount}, set {number}</source>
        <translation>Als Nächstes: {exercise}, {amount}, Satz {number}</translation>
    </message>
    <message>
        <source>Ready for the next set</source>
        <translation>Bereit für den nächsten Satz</translation>
    </message>
    <message>
        <source>Rest</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>The rest is over</source>
        <translation>Die Pause ist vorbei</translation>
    </message>
    <message>
        <source>until the next set</source>
        <translation>bis zum nächsten Satz</translation>
    </message>
    <message>
        <source>Finish for today</source>
        <translation>Für heute beenden</translation>
    </message>
    <message>
        <source>My therapist said it is fine</source>
        <translation>Mit der Therapie abgesprochen</translation>
    </message>
    <message>
        <source>Correct the number</source>
        <translation>Zahl ändern</translation>
    </message>
    <message>
        <source>You reported sudden pain.</source>
        <translation>Sie haben plötzlichen Schmerz gemeldet.</translation>
    </message>
    <message>
        <source>Stop here</source>
        <translation>Hören Sie hier auf</translation>
    </message>
    <message>
        <source>Your therapist</source>
        <translation>Ihre Therapie</translation>
    </message>
    <message>
        <source>Tell them before you train again.</source>
        <translation>Sagen Sie es dort, bevor Sie wieder üben.</translation>
    </message>
    <message>
        <source>A doctor, today</source>
        <translation>Ärztlicher Rat, heute noch</translation>
    </message>
    <message>
        <source>With a pop, a bruise, numbness or weakness in the leg, or dizziness.</source>
        <translation>Bei einem Knall, Bluterguss, Taubheit oder Schwäche im Bein oder Schwindel.</translation>
    </message>
</context>
<context>
    <name>set</name>
    <message>
        <source>no repetition yet</source>
        <translation>noch keine Wiederholung</translation>
    </message>
    <message>
        <source>No repetition was found in this set.</source>
        <translation>In diesem Satz wurde keine Wiederholung gefunden.</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>Signal lost</source>
        <translation>Kein Signal</translation>
    </message>
    <message>
        <source>No data</source>
        <translation>Keine Daten</translation>
    </message>
    <message>
        <source>of {seconds} s</source>
        <translation>von {seconds} s</translation>
    </message>
    <message>
        <source>○ ended</source>
        <translation>○ beendet</translation>
    </message>
    <message>
        <source>Calibrate again</source>
        <translation>Neu kalibrieren</translation>
    </message>
    <message>
        <source>Sudden pain</source>
        <translation>Plötzlicher
Schmerz</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Go on anyway</source>
        <translation>Trotzdem weiter</translation>
    </message>
    <message>
        <source>Check by a lift</source>
        <translation>Mit Knieheben prüfen</translation>
    </message>
    <message>
        <source>Resume set</source>
        <translation>Satz fortsetzen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Worst pain: {score} of 10</source>
        <translation>Stärkster Schmerz: {score} von 10</translation>
    </message>
    <message>
        <source>{exercise}   ·   session done</source>
        <translation>{exercise}   ·   fertig</translation>
    </message>
    <message>
        <source>{exercise}   ·   session stopped</source>
        <translation>{exercise}   ·   abgebrochen</translation>
    </message>
    <message>
        <source>{exercise}   ·   extra set</source>
        <translation>{exercise}   ·   Zusatzsatz</translation>
    </message>
    <message>
        <source>{exercise}   ·   next: extra set</source>
        <translation>{exercise}   ·   danach: Zusatzsatz</translation>
    </message>
    <message>
        <source>{exercise}   ·   set {number} of {sets}</source>
        <translation>{exercise}   ·   Satz {number} von {sets}</translation>
    </message>
    <message>
        <source>{exercise}   ·   next: set {number} of {sets}</source>
        <translation>{exercise}   ·   danach: Satz {number} von {sets}</translation>
    </message>
    <message>
        <source>This sensor is known. Standing still for two seconds shows whether it sits as last time.</source>
        <translation>Dieser Sensor ist bekannt. Zwei Sekunden still stehen zeigen, ob er sitzt wie beim letzten Mal.</translation>
    </message>
    <message>
        <source>This sensor is known. Standing still and one knee lift show whether it sits as last time.</source>
        <translation>Dieser Sensor ist bekannt. Still stehen und einmal Knie heben zeigen, ob er sitzt wie beim letzten Mal.</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>It takes ten seconds: stand still, then lift the knee of the sensor&apos;s leg twice.</source>
        <translation>Zehn Sekunden: still stehen, dann das Knie mit dem Sensor zweimal heben.</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Get ready</source>
        <translation>Bereit machen</translation>
    </message>
    <message>
        <source>Start the set when you are in position.</source>
        <translation>Starten Sie den Satz, wenn Sie in Position sind.</translation>
    </message>
    <message>
        <source>{advice} Results come after each repetition.</source>
        <translation>{advice} Ergebnisse kommen nach jeder Wiederholung.</translation>
    </message>
    <message>
        <source>Stop here</source>
        <translation>Hören Sie hier auf</translation>
    </message>
    <message>
        <source>Pain {pain} is over the limit of {limit}.</source>
        <translation>Schmerz {pain} liegt über der Grenze von {limit}.</translation>
    </message>
    <message>
        <source>No more data</source>
        <translation>Keine Daten mehr</translation>
    </message>
    <message>
        <source>The data have ended. Everything up to here is kept.</source>
        <translation>Die Daten sind zu Ende. Alles bis hierher bleibt erhalten.</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>This takes a few seconds.</source>
        <translation>Das dauert ein paar Sekunden.</translation>
    </message>
    <message>
        <source>The sensor is being looked for. Keep it close and switched on.</source>
        <translation>Der Sensor wird gesucht. Lassen Sie ihn eingeschaltet und in der Nähe.</translation>
    </message>
    <message>
        <source>The sensor is connected but sends nothing. Switch it off and on.</source>
        <translation>Der Sensor ist verbunden, sendet aber nichts. Schalten Sie ihn aus und ein.</translation>
    </message>
    <message>
        <source>Switch the sensor on and keep it within a few metres. Close other apps that use it.</source>
        <translation>Schalten Sie den Sensor ein, höchstens ein paar Meter entfernt. Schließen Sie andere Apps, die ihn nutzen.</translation>
    </message>
    <message>
        <source>Searching</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>The calibration goes on when the sensor is back.</source>
        <translation>Die Kalibrierung geht weiter, sobald der Sensor wieder da ist.</translation>
    </message>
    <message>
        <source>Stand still</source>
        <translation>Still stehen</translation>
    </message>
    <message>
        <source>Upright, both feet on the floor.</source>
        <translation>Aufrecht, beide Füße am Boden.</translation>
    </message>
    <message>
        <source>The set goes on when the sensor is back.</source>
        <translation>Der Satz geht weiter, sobald der Sensor wieder da ist.</translation>
    </message>
    <message>
        <source>Lower in {seconds} s</source>
        <translation>In {seconds} s senken</translation>
    </message>
    <message>
        <source>Lower</source>
        <translation>Senken</translation>
    </message>
    <message>
        <source>Lift</source>
        <translation>Heben</translation>
    </message>
    <message>
        <source>Catch</source>
        <translation>Abfangen</translation>
    </message>
    <message>
        <source>Lower slowly</source>
        <translation>Langsam senken</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Ablegen</translation>
    </message>
    <message>
        <source>Hold {seconds} s</source>
        <translation>{seconds} s halten</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>Push up</source>
        <translation>Hochdrücken</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>The session is complete.</source>
        <translation>Alles geschafft.</translation>
    </message>
    <message>
        <source>Next set</source>
        <translation>Nächster Satz</translation>
    </message>
    <message>
        <source>The rest is over.</source>
        <translation>Die Pause ist vorbei.</translation>
    </message>
    <message>
        <source>Rest {time}</source>
        <translation>Pause {time}</translation>
    </message>
    <message>
        <source>Rep {number}: {verdict}</source>
        <translation>Wdh. {number}: {verdict}</translation>
    </message>
    <message>
        <source>{count} ended in a fall</source>
        <translation>{count} im Fallen beendet</translation>
    </message>
    <message>
        <source>Not measured</source>
        <translation>Nicht gemessen</translation>
    </message>
    <message>
        <source>Ended in a fall</source>
        <translation>Im Fallen beendet</translation>
    </message>
    <message>
        <source>Not measured: {reason}</source>
        <translation>Nicht gemessen: {reason}</translation>
    </message>
    <message>
        <source>In control for {seconds} s</source>
        <translation>{seconds} s unter Kontrolle</translation>
    </message>
    <message>
        <source>Only part of the way</source>
        <translation>Nur ein Teil des Wegs</translation>
    </message>
    <message>
        <source>● connected</source>
        <translation>● verbunden</translation>
    </message>
    <message>
        <source>○ waiting</source>
        <translation>○ wartet</translation>
    </message>
    <message>
        <source>✕ no signal</source>
        <translation>✕ kein Signal</translation>
    </message>
    <message>
        <source>On time</source>
        <translation>Im Tempo</translation>
    </message>
    <message>
        <source>Too fast</source>
        <translation>Zu schnell</translation>
    </message>
    <message>
        <source>Slower than asked</source>
        <translation>Langsamer als geplant</translation>
    </message>
    <message>
        <source>Nordic curl</source>
        <translation>Nordic Curl</translation>
    </message>
    <message>
        <source>Bridge</source>
        <translation>Brücke</translation>
    </message>
    <message>
        <source>a Nordic curl</source>
        <translation>einem Nordic Curl</translation>
    </message>
    <message>
        <source>a bridge</source>
        <translation>einer Brücke</translation>
    </message>
    <message>
        <source>Kneel upright</source>
        <translation>Aufrecht knien</translation>
    </message>
    <message>
        <source>Hold still for two seconds: the set starts by itself.</source>
        <translation>Zwei Sekunden still halten: Der Satz beginnt von selbst.</translation>
    </message>
    <message>
        <source>Lie down</source>
        <translation>Hinlegen</translation>
    </message>
    <message>
        <source>Slider</source>
        <translation>Slider</translation>
    </message>
    <message>
        <source>a slider</source>
        <translation>ein Slider</translation>
    </message>
    <message>
        <source>Knees bent, hips down. Hold still for two seconds: the set starts by itself.</source>
        <translation>Knie gebeugt, Becken am Boden. Zwei Sekunden still: Der Satz beginnt von selbst.</translation>
    </message>
    <message>
        <source>Worst pain in this set?</source>
        <translation>Stärkster Schmerz in diesem Satz?</translation>
    </message>
    <message>
        <source>How hard was this set?</source>
        <translation>Wie anstrengend war dieser Satz?</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keiner</translation>
    </message>
    <message>
        <source>worst imaginable</source>
        <translation>stärkster vorstellbarer</translation>
    </message>
    <message>
        <source>no effort</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>everything you had</source>
        <translation>alles, was ging</translation>
    </message>
    <message>
        <source>Tell your therapist before you train again.</source>
        <translation>Sagen Sie es in der Therapie, bevor Sie wieder üben.</translation>
    </message>
    <message>
        <source>With a pop, a bruise, numbness or weakness in the leg: see a doctor today.</source>
        <translation>Bei einem Knall, Bluterguss, Taubheit oder Schwäche im Bein: heute noch ärztlichen Rat.</translation>
    </message>
    <message>
        <source>Given up</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>lower</source>
        <translation>senken</translation>
    </message>
    <message>
        <source>hold</source>
        <translation>halten</translation>
    </message>
    <message>
        <source>lift</source>
        <translation>heben</translation>
    </message>
    <message>
        <source>return</source>
        <translation>zurück</translation>
    </message>
    <message>
        <source>Voice
and tones</source>
        <translation>Stimme
und Töne</translation>
    </message>
    <message>
        <source>Tones
only</source>
        <translation>Nur
Töne</translation>
    </message>
    <message>
        <source>Voice
only</source>
        <translation>Nur
Stimme</translation>
    </message>
    <message>
        <source>Sound
off</source>
        <translation>Ton
aus</translation>
    </message>
    <message>
        <source>samples missing</source>
        <translation>Messwerte fehlen</translation>
    </message>
    <message>
        <source>{reps} repetitions</source>
        <translation>{reps} Wiederholungen</translation>
    </message>
    <message>
        <source>Rep {number} of {reps}</source>
        <translation>{number} von {reps}</translation>
    </message>
    <message>
        <source>data {seconds} s old</source>
        <translation>Daten {seconds} s alt</translation>
    </message>
    <message>
        <source>no data for {seconds} s</source>
        <translation>seit {seconds} s keine Daten</translation>
    </message>
    <message>
        <source>battery {percent} %</source>
        <translation>Akku {percent} %</translation>
    </message>
    <message>
        <source>The pain was over the limit: this set has no tempo sounds. Stop when it hurts.</source>
        <translation>Der Schmerz lag über der Grenze: dieser Satz läuft ohne Tempotöne. Hören Sie auf, wenn es weh tut.</translation>
    </message>
    <message>
        <source>This looks like {exercise}. Press space to count it.</source>
        <translation>Das sieht nach {exercise} aus. Mit der Leertaste zählt es.</translation>
    </message>
    <message>
        <source>Keys 0–9, + for 10</source>
        <translation>Tasten 0–9, + für 10</translation>
    </message>
    <message>
        <source>This sensor sends its data up to {seconds} s late: results come after each repetition, no live counting.</source>
        <translation>Dieser Sensor sendet bis zu {seconds} s verspätet: Ergebnisse nach jeder Wiederholung, kein Zählen.</translation>
    </message>
    <message>
        <source>Count as bridge</source>
        <translation>Als Brücke zählen</translation>
    </message>
    <message>
        <source>Count as Nordic</source>
        <translation>Als Nordic zählen</translation>
    </message>
    <message>
        <source>Count as slider</source>
        <translation>Als Slider zählen</translation>
    </message>
    <message>
        <source>Calibrating</source>
        <translation>Kalibrierung läuft</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Prüfung läuft</translation>
    </message>
    <message>
        <source>End session</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Set {number} anyway</source>
        <translation>Satz {number} trotzdem</translation>
    </message>
    <message>
        <source>Extra set</source>
        <translation>Zusatzsatz</translation>
    </message>
    <message>
        <source>of the {seconds} s of lowering in the plan</source>
        <translation>der {seconds} s Senken im Plan</translation>
    </message>
    <message>
        <source>{exercise}: set {number}</source>
        <translation>{exercise}: Satz {number}</translation>
    </message>
    <message>
        <source>Effort: {score} of 10</source>
        <translation>Anstrengung: {score} von 10</translation>
    </message>
    <message>
        <source>planned: {exercise}</source>
        <translation>geplant: {exercise}</translation>
    </message>
    <message>
        <source>mean {seconds} s ({deviation} s)</source>
        <translation>Mittel {seconds} s ({deviation} s)</translation>
    </message>
    <message>
        <source>{count} on time</source>
        <translation>{count} im Tempo</translation>
    </message>
    <message>
        <source>{count} only part of the way</source>
        <translation>{count} nur ein Teil des Wegs</translation>
    </message>
    <message>
        <source>{count} given up</source>
        <translation>{count} abgebrochen</translation>
    </message>
    <message>
        <source>{count} not measured</source>
        <translation>{count} nicht gemessen</translation>
    </message>
    <message>
        <source>Pain {score} of 10</source>
        <translation>Schmerz {score} von 10</translation>
    </message>
    <message>
        <source>Space bar: {button}</source>
        <translation>Leertaste: {button}</translation>
    </message>
    <message>
        <source>Thigh angle over time</source>
        <translation>Oberschenkelwinkel im Zeitverlauf</translation>
    </message>
    <message>
        <source>Seconds against their target</source>
        <translation>Sekunden und ihr Ziel</translation>
    </message>
    <message>
        <source>Repetitions of this set</source>
        <translation>Wiederholungen dieses Satzes</translation>
    </message>
    <message>
        <source>Progress of the calibration</source>
        <translation>Fortschritt der Kalibrierung</translation>
    </message>
    <message>
        <source>no number</source>
        <translation>keine Zahl</translation>
    </message>
</context>
<context>
    <name>summary</name>
    <message>
        <source>Tomorrow morning: tell us about your pain. One tap is enough.</source>
        <translation>Morgen früh: Sagen Sie uns, wie der Schmerz ist. Einmal tippen genügt.</translation>
    </message>
    <message>
        <source>No set was done. The recording is kept.</source>
        <translation>Es wurde kein Satz gemacht. Die Aufzeichnung bleibt erhalten.</translation>
    </message>
    <message>
        <source>Pain {pain} was over the limit: tell your therapist.</source>
        <translation>Schmerz {pain} lag über der Grenze: Sagen Sie es in der Therapie.</translation>
    </message>
    <message>
        <source>One more set</source>
        <translation>Noch ein Satz</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Done for today</source>
        <translation>Fertig für heute</translation>
    </message>
    <message>
        <source>Exercise</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>Reps</source>
        <translation>Wdh.</translation>
    </message>
    <message>
        <source>Lowered</source>
        <translation>Gesenkt</translation>
    </message>
    <message>
        <source>On time</source>
        <translation>Im Tempo</translation>
    </message>
    <message>
        <source>Pain</source>
        <translation>Schmerz</translation>
    </message>
    <message>
        <source>Dose</source>
        <translation>Dosis</translation>
    </message>
    <message>
        <source>Dose: how much of the prescribed lowering time you have done.</source>
        <translation>Dosis: wie viel der vorgesehenen Zeit des Senkens Sie geschafft haben.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>today</name>
    <message>
        <source>How is it today?</source>
        <translation>Wie geht es heute?</translation>
    </message>
    <message>
        <source>Does any of this apply? Then tick it.</source>
        <translation>Trifft etwas davon zu? Dann kreuzen Sie es an.</translation>
    </message>
    <message>
        <source>Pain now</source>
        <translation>Schmerz jetzt</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
</context>
<context>
    <name>who</name>
    <message>
        <source>Without a plan</source>
        <translation>Ohne Plan</translation>
    </message>
    <message>
        <source>Eccentric</source>
        <translation>Eccentric</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
    <message>
        <source>Your therapist opens the list of names. You can also exercise without a plan.</source>
        <translation>Die Liste der Namen öffnet Ihre Therapeutin oder Ihr Therapeut. Sie können auch ohne Plan üben.</translation>
    </message>
    <message>
        <source>Open the list</source>
        <translation>Liste öffnen</translation>
    </message>
    <message>
        <source>Just a moment …</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>You can exercise all the same: the recording is kept.</source>
        <translation>Sie können trotzdem üben: Die Aufzeichnung bleibt erhalten.</translation>
    </message>
    <message>
        <source>Exercise without a plan</source>
        <translation>Ohne Plan üben</translation>
    </message>
    <message>
        <source>With a name, your plan and your progress are kept on this computer.</source>
        <translation>Mit einem Namen bleiben Plan und Fortschritt auf diesem Computer gespeichert.</translation>
    </message>
    <message>
        <source>Enter a name</source>
        <translation>Namen eingeben</translation>
    </message>
    <message>
        <source>How was the morning after?</source>
        <translation>Wie war der Morgen danach?</translation>
    </message>
    <message>
        <source>Who is exercising?</source>
        <translation>Wer übt heute?</translation>
    </message>
    <message>
        <source>New person</source>
        <translation>Neue Person</translation>
    </message>
    <message>
        <source>Strap the sensor on</source>
        <translation>Sensor anlegen</translation>
    </message>
    <message>
        <source>Stand still for a moment</source>
        <translation>Kurz still stehen</translation>
    </message>
    <message>
        <source>Lower slowly, by ear</source>
        <translation>Nach Gehör langsam senken</translation>
    </message>
    <message>
        <source>not yet exercised</source>
        <translation>noch nie geübt</translation>
    </message>
    <message>
        <source>last time: today</source>
        <translation>zuletzt: heute</translation>
    </message>
    <message>
        <source>last time: yesterday</source>
        <translation>zuletzt: gestern</translation>
    </message>
    <message>
        <source>last time: {days} days ago</source>
        <translation>zuletzt: vor {days} Tagen</translation>
    </message>
    <message>
        <source>last time: {day}</source>
        <translation>zuletzt: {day}</translation>
    </message>
</context>
<context>
    <name>window</name>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>About and limits</source>
        <translation>Über das Programm und seine Grenzen</translation>
    </message>
    <message>
        <source>Saving the recording somewhere else …</source>
        <translation>Die Aufnahme wird woanders gespeichert …</translation>
    </message>
    <message>
        <source>All is saved. The recording goes on in {path}</source>
        <translation>Alles ist gespeichert. Die Aufnahme geht weiter in {path}</translation>
    </message>
    <message>
        <source>Save elsewhere (S)</source>
        <translation>Woanders speichern (S)</translation>
    </message>
    <message>
        <source>A recording was not finished. What is in it can be saved.</source>
        <translation>Eine Aufnahme wurde nicht abgeschlossen. Was darin ist, lässt sich retten.</translation>
    </message>
    <message>
        <source>Finish it (F)</source>
        <translation>Abschließen (F)</translation>
    </message>
    <message>
        <source>{count} recordings were not finished. What is in them can be saved.</source>
        <translation>{count} Aufnahmen wurden nicht abgeschlossen. Was darin ist, lässt sich retten.</translation>
    </message>
    <message>
        <source>Finish them (F)</source>
        <translation>Abschließen (F)</translation>
    </message>
    <message>
        <source>Finishing what was not finished …</source>
        <translation>Es wird abgeschlossen …</translation>
    </message>
    <message>
        <source>Finished: {seconds} s of it are in {path}</source>
        <translation>Abgeschlossen: {seconds} s davon sind in {path}</translation>
    </message>
    <message>
        <source>Save the recording somewhere else</source>
        <translation>Die Aufnahme woanders speichern</translation>
    </message>
    <message>
        <source>Recordings (*.mcap)</source>
        <translation>Aufnahmen (*.mcap)</translation>
    </message>
    <message>
        <source>Volume {level} of {most}</source>
        <translation>Lautstärke {level} von {most}</translation>
    </message>
    <message>
        <source>Quieter</source>
        <translation>Leiser</translation>
    </message>
    <message>
        <source>Louder</source>
        <translation>Lauter</translation>
    </message>
    <message>
        <source>Colours: {name}</source>
        <translation>Farben: {name}</translation>
    </message>
    <message>
        <source>Sound: {mode}</source>
        <translation>Ton: {mode}</translation>
    </message>
    <message>
        <source>Your set</source>
        <translation>Ihr Satz</translation>
    </message>
</context>
</TS>
